"""Metric filters: made, shown in pages, removed; what they count, and their errors."""
import time

import pytest
from botocore.exceptions import ClientError

BAD = "InvalidParameterException"


@pytest.fixture
def group(logs):
    name = f"metrics/{time.time_ns()}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    yield name
    logs.delete_log_group(logGroupName=name)


def transformation(**changes):
    return [{"metricName": "Orders", "metricNamespace": "Shop", "metricValue": "1", **changes}]


def refused(call, code, text, **options):
    with pytest.raises(ClientError) as caught:
        call(**options)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, text)


def names(answer):
    return [f["filterName"] for f in answer["metricFilters"]]


def test_filters_are_kept_shown_and_removed(logs, group):
    before = int(time.time() * 1000)
    made = transformation(unit="Count", dimensions={"Size": "$.size"})
    logs.put_metric_filter(logGroupName=group, filterName="sizes", filterPattern="{ $.size = * }",
                           metricTransformations=made)
    logs.put_metric_filter(logGroupName=group, filterName="errors", filterPattern="ERROR",
                           metricTransformations=transformation(metricName="Errors", defaultValue=0.5))
    errors, sizes = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    created = sizes.pop("creationTime")
    assert before <= created <= int(time.time() * 1000)
    assert sizes == {"filterName": "sizes", "logGroupName": group, "filterPattern": "{ $.size = * }",
                     "metricTransformations": made}
    assert errors["metricTransformations"][0]["defaultValue"] == 0.5
    shown = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert [g["metricFilterCount"] for g in shown] == [2]
    page = logs.describe_metric_filters(logGroupName=group, limit=1)
    assert names(page) == ["errors"]
    rest = logs.describe_metric_filters(logGroupName=group, limit=1, nextToken=page["nextToken"])
    assert names(rest) == ["sizes"] and "nextToken" not in rest
    assert names(logs.describe_metric_filters(logGroupName=group, filterNamePrefix="si")) == ["sizes"]
    assert names(logs.describe_metric_filters(metricName="Errors", metricNamespace="Shop")) == ["errors"]
    # Of all groups, in pages.
    second = group + "/two"
    logs.create_log_group(logGroupName=second)
    logs.put_metric_filter(logGroupName=second, filterName="other", filterPattern="",
                           metricTransformations=transformation())
    pages = logs.get_paginator("describe_metric_filters").paginate(PaginationConfig={"PageSize": 1})
    assert [n for p in pages for n in names(p)] == ["errors", "sizes", "other"]
    logs.delete_log_group(logGroupName=second)
    # A change keeps its moment.
    logs.put_metric_filter(logGroupName=group, filterName="sizes", filterPattern="x",
                           metricTransformations=transformation())
    changed = logs.describe_metric_filters(logGroupName=group, filterNamePrefix="sizes")["metricFilters"][0]
    assert (changed["filterPattern"], changed["creationTime"]) == ("x", created)
    logs.delete_metric_filter(logGroupName=group, filterName="sizes")
    assert names(logs.describe_metric_filters(logGroupName=group)) == ["errors"]


def test_errors(logs, group):
    good = {"logGroupName": group, "filterName": "f", "filterPattern": "{ $.a = 1 }",
            "metricTransformations": transformation()}

    def no(code, text, **changes):
        refused(logs.put_metric_filter, code, text, **{**good, **changes})

    no_group = ("ResourceNotFoundException", "The specified log group does not exist.")
    no(*no_group, logGroupName="none")
    no(BAD, "Invalid filter pattern: a value is missing at character 9.", filterPattern="{ $.a = }")
    no(BAD, "metricValue 'one' is neither a number nor a value of the filter pattern.",
       metricTransformations=transformation(metricValue="one"))
    no(BAD, "'$n' is no value of the filter pattern: only JSON and space-delimited patterns have values.",
       filterPattern="x", metricTransformations=transformation(metricValue="$n"))
    no(BAD, "'$n' is no value of the filter pattern: no field has this name.", filterPattern="[a, b]",
       metricTransformations=transformation(metricValue="$n"))
    no(BAD, "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
       metricTransformations=transformation(defaultValue=0, dimensions={"A": "$.a"}))
    no(BAD, "A metric filter has at most 3 dimensions.",
       metricTransformations=transformation(dimensions={n: "$." + n for n in "abcd"}))
    for n in range(5):
        logs.put_metric_filter(**{**good, "filterName": f"r{n}", "filterPattern": "%x%"})
    no("LimitExceededException",
       "Resource limit exceeded: a log group has at most 5 filters with regular expressions.", filterPattern="%y%")
    for n in range(95):
        logs.put_metric_filter(**{**good, "filterName": f"f{n}"})
    no("LimitExceededException", "Resource limit exceeded.", filterName="one more")
    refused(logs.delete_metric_filter, "ResourceNotFoundException", "The specified metric filter does not exist.",
            logGroupName=group, filterName="none")
    refused(logs.delete_metric_filter, *no_group, logGroupName="none", filterName="f")
    refused(logs.describe_metric_filters, *no_group, logGroupName="none")
    refused(logs.describe_metric_filters, BAD, "metricName and metricNamespace must be given together.", metricName="x")
    refused(logs.describe_metric_filters, BAD, "The specified nextToken is invalid.", nextToken="none")
