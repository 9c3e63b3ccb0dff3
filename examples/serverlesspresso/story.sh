#!/usr/bin/env bash
# The coffee shop's story, told with the unmodified aws CLI against a Crema server of its own.
#
# A bus, a log group and a rule that logs every event; a workflow that asks the customer and the barista by task token
# and waits; a whole order; then a second order, in the middle of which the server is killed with SIGKILL, started again,
# and goes on. Ends with 1 at the first step that is not as told.
#
# usage: story.sh CREMA FOLDER   (CREMA: the program; FOLDER: where order-processor.asl.json is)
set -euo pipefail

crema=$1
here=$2
bus=Serverlesspresso
source=awsserverlessda.serverlesspresso
group=/aws/events/serverlesspressoEventBus
region=us-east-1
account=000000000000
machine=arn:aws:states:$region:$account:stateMachine:OrderProcessorWorkflow

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else bold='' dim='' green='' red='' plain=''; fi

work=$(mktemp -d "${TMPDIR:-/tmp}/crema-demo.XXXXXX")
server=0
tidy() {
    if [ "$server" -ne 0 ]; then kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap tidy EXIT

chapter() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fail() { printf '%s  not as told: %s%s\n' "$red" "$*" "$plain" >&2; exit 1; }
good() { printf '  %sok%s %s\n' "$green" "$plain" "$*"; }
# same WHAT SEEN WANTED
same() { [ "$2" = "$3" ] || fail "$1: expected '$3', saw '$2'"; good "$1: ${2:0:120}"; }
# has WHAT TEXT PART
has() { case "$2" in *"$3"*) good "$1" ;; *) fail "$1: '$3' is not in: ${2:0:400}" ;; esac; }
# The words as a person would type them to a shell.
quoted() {
    local word
    for word in "$@"; do
        case "$word" in
        *[!A-Za-z0-9_./:=,@%+-]*) printf " '%s'" "${word//\'/\'\\\'\'}" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
}
# Shows the command, runs it, leaves its answer in $answer.
say_aws() {
    local line
    line=$(quoted "$@")
    [ ${#line} -le 170 ] || line="${line:0:166} ..."
    printf '%s  $ aws%s%s\n' "$dim" "$line" "$plain"
    answer=$(aws --output text "$@") || fail "aws $1 $2 ended with $?"
}

# The client is told where the server is and nothing else; no file of this machine's own is read.
unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=$region AWS_PAGER=
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
aws() { command aws --endpoint-url "$endpoint" "$@"; }

address=127.0.0.1:0
start_server() {
    : >"$work/ready"
    "$crema" serve --listen "$address" --data "$work/data" >"$work/ready" 2>>"$work/log" &
    server=$!
    for _ in $(seq 200); do
        endpoint=$(sed -n 's|^Crema is ready on \(http://[^ ]*\).*|\1|p' "$work/ready")
        [ -z "$endpoint" ] || break
        kill -0 "$server" 2>/dev/null || { server=0; cat "$work/log" >&2; fail "the server did not start"; }
        sleep 0.02
    done
    [ -n "$endpoint" ] || fail "the server was not ready within 4 seconds"
    address=${endpoint#http://}
}

# Waits until the last order's event of this detail-type is in the log group; its message is left in $message.
logged() {
    for _ in $(seq 50); do
        message=$(aws --output text logs filter-log-events --log-group-name "$group" \
            --filter-pattern "\"$1\" \"$2\"" --query 'events[-1].message')
        case "$message" in *"$1"*) return 0 ;; esac
        sleep 0.1
    done
    fail "no event $1 of order $2 in the log group"
}
token_of() { printf '%s' "$1" | sed -n 's/.*"TaskToken":"\([^"]*\)".*/\1/p'; }
status_is() {
    for _ in $(seq 50); do
        answer=$(aws --output text stepfunctions describe-execution --execution-arn "$1" --query status)
        [ "$answer" = "$2" ] && break
        sleep 0.1
    done
    same "the order's workflow" "$answer" "$2"
}

chapter "A server of its own"
start_server
good "ready on $endpoint, data in a temporary folder"

chapter "1. A bus, a log group, and a rule that logs every event"
say_aws events create-event-bus --name $bus --query EventBusArn
same "bus" "$answer" "arn:aws:events:$region:$account:event-bus/$bus"
say_aws logs create-log-group --log-group-name $group
say_aws events put-rule --event-bus-name $bus --name logAll --event-pattern "{\"source\":[\"$source\"]}" --query RuleArn
same "rule" "$answer" "arn:aws:events:$region:$account:rule/$bus/logAll"
say_aws events put-targets --event-bus-name $bus --rule logAll \
    --targets "Id=logs,Arn=arn:aws:logs:$region:$account:log-group:$group" --query FailedEntryCount
same "targets refused" "$answer" 0

chapter "2. The shop's tables"
for table in serverlesspresso-config-table serverlesspresso-counting-table; do
    say_aws dynamodb create-table --table-name $table --billing-mode PAY_PER_REQUEST \
        --attribute-definitions AttributeName=PK,AttributeType=S --key-schema AttributeName=PK,KeyType=HASH \
        --query TableDescription.TableStatus
    same "$table" "$answer" ACTIVE
done
say_aws dynamodb put-item --table-name serverlesspresso-config-table \
    --item '{"PK":{"S":"config"},"storeOpen":{"BOOL":true}}'
say_aws dynamodb put-item --table-name serverlesspresso-counting-table \
    --item '{"PK":{"S":"orderID"},"IDvalue":{"N":"0"}}'
good "the shop is open"

chapter "3. The workflow of an order"
sed -e "s/REGION/$region/g" -e "s/ACCOUNT/$account/g" "$here/order-processor.asl.json" >"$work/definition.json"
say_aws stepfunctions create-state-machine --name OrderProcessorWorkflow \
    --role-arn "arn:aws:iam::$account:role/shop" --definition "file://$work/definition.json" --query stateMachineArn
same "state machine" "$answer" "$machine"

chapter "4. An order starts, emits an event with its task token, and waits"
say_aws stepfunctions start-execution --state-machine-arn "$machine" --name order-2 \
    --input '{"detail":{"orderId":"2","userId":"testuser2"}}' --query executionArn
execution=$answer
say_aws stepfunctions get-execution-history --execution-arn "$execution" --query 'events[].type'
case "$answer" in *"TaskScheduled"*"TaskStarted"*"TaskSubmitted") good "history ends: ... TaskScheduled TaskStarted TaskSubmitted" ;;
*) fail "the waiting history: $answer" ;; esac
say_aws stepfunctions get-execution-history --execution-arn "$execution" --reverse-order \
    --query "events[?type=='TaskScheduled']|[0].taskScheduledEventDetails.resource"
same "waits at" "$answer" putEvents.waitForTaskToken

chapter "5. The event has a log stream of its own"
say_aws logs describe-log-streams --log-group-name $group --query 'logStreams[].logStreamName'
stream=$answer
same "streams" "$(printf '%s' "$stream" | wc -w | tr -d ' ')" 1
say_aws logs get-log-events --log-group-name $group --log-stream-name "$stream" --query 'events[].message'
message=$answer
has "the whole envelope, one line" "$message" '{"version":"0","id":"'
has "detail-type" "$message" '"detail-type":"OrderProcessor.WorkflowStarted"'
has "resources: state machine, execution" "$message" "\"resources\":[\"$machine\",\"$execution\"]"
token=$(token_of "$message")
[ -n "$token" ] || fail "no TaskToken in $message"
good "TaskToken ${token:0:40}..."

chapter "6. The customer answers, then the barista"
say_aws stepfunctions send-task-success --task-token "$token" --task-output '{}'
logged OrderProcessor.WaitingCompletion 2
has "order number 1" "$message" '"orderNumber":"1"'
say_aws stepfunctions send-task-success --task-token "$(token_of "$message")" --task-output '{"baristaUserId":"3"}'
status_is "$execution" SUCCEEDED

chapter "7. The whole order is in the log group"
logged OrderProcessor.orderFinished 2
for type in WorkflowStarted WaitingCompletion orderFinished; do
    say_aws logs filter-log-events --log-group-name $group --filter-pattern "\"OrderProcessor.$type\"" --query 'length(events)'
    same "OrderProcessor.$type" "$answer" 1
done

chapter "8. A new order comes through the bus, and the server is killed in the middle of it"
say_aws events put-rule --event-bus-name $bus --name NewOrder \
    --event-pattern "{\"source\":[\"$source\"],\"detail-type\":[\"Validator.NewOrder\"]}" --query RuleArn
say_aws events put-targets --event-bus-name $bus --rule NewOrder \
    --targets "Id=workflow,Arn=$machine,RoleArn=arn:aws:iam::$account:role/shop" --query FailedEntryCount
same "targets refused" "$answer" 0
say_aws events put-events --entries "[{\"EventBusName\":\"$bus\",\"Source\":\"$source\",\"DetailType\":\"Validator.NewOrder\",\"Detail\":\"{\\\"orderId\\\":\\\"3\\\",\\\"userId\\\":\\\"testuser3\\\"}\"}]" --query 'Entries[0].EventId'
event=$answer
say_aws stepfunctions list-executions --state-machine-arn "$machine" --status-filter RUNNING --query 'executions[].[executionArn]'
execution=$answer
has "an execution named after the event" "$execution" ":OrderProcessorWorkflow:${event}_"
logged OrderProcessor.WorkflowStarted 3
token=$(token_of "$message")
kill -KILL "$server"
wait "$server" 2>/dev/null || true
server=0
good "SIGKILL"
start_server
good "started again on the same folder, ready on $endpoint"
status_is "$execution" RUNNING
say_aws stepfunctions send-task-success --task-token "$token" --task-output '{}'
logged OrderProcessor.WaitingCompletion 3
has "order number 2" "$message" '"orderNumber":"2"'
say_aws stepfunctions send-task-success --task-token "$(token_of "$message")" --task-output '{"baristaUserId":"3"}'
status_is "$execution" SUCCEEDED
say_aws logs describe-log-streams --log-group-name $group --query 'length(logStreams)'
same "log streams, one an event" "$answer" 7

printf '\n%sThe story is as told.%s Its server ran on %s and is stopped now.\n' "$bold$green" "$plain" "$endpoint"
