"""The types of history events: those of the service's model are those that the engine has, each under its name."""
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def test_each_type_of_the_model_is_one_of_the_engine():
    model = re.search(r"values_HistoryEventType\[\] = \{(.*?)\};", read("src/api/operations_states.c"), re.S)
    model = re.findall(r'"(\w+)"', model.group(1))
    engine = re.search(r"#define HISTORY_LIST\(X\)(.*?)\n\n", read("src/flow/flow_history.h"), re.S)
    engine = re.findall(r'X\(\w+, "(\w+)"', engine.group(1))
    assert len(model) == len(set(model)) >= 62
    assert sorted(model) == sorted(engine)
