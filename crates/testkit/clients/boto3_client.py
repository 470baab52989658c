#!/usr/bin/env python3
"""Drives a cluster with an unmodified boto3 client, through every node.

    boto3_client.py URL [URL ...] ACCESS_KEY SECRET

Exits with 1 and one line per mismatch; else prints "N passed, 0 failed".
Needs boto3 and nothing else.
"""

import os
import sys

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# A run that failed may have left its table behind.
TABLE = f"boto3_client_{os.getpid()}"


def client(url, key, secret, unsigned=False):
    settings = {"retries": {"total_max_attempts": 1}, "connect_timeout": 5, "read_timeout": 20}
    if unsigned:
        settings["signature_version"] = UNSIGNED
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(**settings),
    )


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = []

    def equal(self, what, got, expected):
        if got == expected:
            self.passed += 1
        else:
            self.failed.append(f"{what}: expected {expected!r}, got {got!r}")

    def done(self, what, call):
        """Makes any failure of the client a mismatch with a name."""
        try:
            call()
        except (ClientError, BotoCoreError) as error:
            self.failed.append(f"{what}: {error}")

    def refused(self, what, call, code, status=400):
        try:
            call()
        except ClientError as error:
            answered = error.response
            got = (answered["Error"]["Code"], answered["ResponseMetadata"]["HTTPStatusCode"])
            self.equal(what, got, (code, status))
        else:
            self.failed.append(f"{what}: expected {code}, got an answer")


def create(checks, dynamodb):
    created = dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    checks.equal("CreateTable", created["TableDescription"]["TableStatus"], "ACTIVE")


def through(checks, url, dynamodb, other):
    """Writes through one node and reads through another."""
    key = {"pk": {"S": url}, "sk": {"N": "1"}}
    item = {**key, "text": {"S": "äöü \U0001f600"}, "list": {"L": [{"BOOL": True}, {"NULL": True}]}}
    checks.equal(f"{url} ListTables", TABLE in dynamodb.list_tables()["TableNames"], True)
    dynamodb.put_item(TableName=TABLE, Item=item)
    read = other.get_item(TableName=TABLE, Key=key, ConsistentRead=True)
    checks.equal(f"{url} PutItem, GetItem", read.get("Item"), item)

    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": url}, "sk": {"N": "2"}})
    found = other.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk AND sk > :sk",
        ExpressionAttributeValues={":pk": {"S": url}, ":sk": {"N": "0"}},
    )
    checks.equal(f"{url} Query", [row["sk"]["N"] for row in found["Items"]], ["1", "2"])

    updated = dynamodb.update_item(
        TableName=TABLE,
        Key=key,
        UpdateExpression="ADD visits :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    checks.equal(f"{url} UpdateItem", updated["Attributes"], {"visits": {"N": "1"}})

    checks.refused(
        f"{url} PutItem with a false condition",
        lambda: dynamodb.put_item(
            TableName=TABLE, Item=key, ConditionExpression="attribute_not_exists(pk)"
        ),
        "ConditionalCheckFailedException",
    )

    batch = {TABLE: [{"DeleteRequest": {"Key": {**key, "sk": {"N": "2"}}}}]}
    written = dynamodb.batch_write_item(RequestItems=batch)
    checks.equal(f"{url} BatchWriteItem", written.get("UnprocessedItems"), {})

    dynamodb.delete_item(TableName=TABLE, Key=key)
    gone = other.get_item(TableName=TABLE, Key=key, ConsistentRead=True)
    checks.equal(f"{url} DeleteItem", gone.get("Item"), None)


def signatures(checks, url, key, secret, verified):
    """A node that verifies refuses what is not signed; one that does not takes all."""
    unsigned = client(url, key, secret, unsigned=True)
    wrong = client(url, key, secret + "x")
    unknown = client(url, "nobody", secret)
    if not verified:
        for what, dynamodb in (("unsigned", unsigned), ("wrong", wrong), ("unknown", unknown)):
            checks.equal(f"{url} {what}", "TableNames" in dynamodb.list_tables(), True)
        return
    missing = "MissingAuthenticationTokenException"
    checks.refused(f"{url} unsigned", unsigned.list_tables, missing)
    checks.refused(f"{url} wrong secret", wrong.list_tables, "UnrecognizedClientException")
    checks.refused(f"{url} unknown key", unknown.list_tables, "UnrecognizedClientException")


def verifies(url, key, secret):
    try:
        client(url, key, secret, unsigned=True).list_tables()
    except ClientError as error:
        return error.response["Error"]["Code"] == "MissingAuthenticationTokenException"
    except BotoCoreError:
        pass
    return False


def whole(checks, clients):
    """Checks that concern no node in particular, while the table is there."""
    checks.refused("CreateTable again", lambda: create(checks, clients[-1]), "ResourceInUseException")
    lost = lambda: clients[0].get_item(TableName="no_table", Key={"pk": {"S": "x"}})
    checks.refused("GetItem without a table", lost, "ResourceNotFoundException")
    transaction = lambda: clients[0].transact_get_items(
        TransactItems=[{"Get": {"TableName": TABLE, "Key": {"pk": {"S": "x"}, "sk": {"N": "1"}}}}]
    )
    checks.refused("TransactGetItems", transaction, "UnknownOperationException")


def drop(checks, dynamodb, other):
    dynamodb.delete_table(TableName=TABLE)
    checks.equal("DeleteTable", TABLE in other.list_tables()["TableNames"], False)


def main(urls, key, secret):
    checks = Checks()
    clients = [client(url, key, secret) for url in urls]
    verified = verifies(urls[0], key, secret)
    checks.done("CreateTable", lambda: create(checks, clients[0]))
    checks.done("cluster", lambda: whole(checks, clients))
    for index, (url, dynamodb) in enumerate(zip(urls, clients)):
        other = clients[(index + 1) % len(clients)]
        checks.done(url, lambda: through(checks, url, dynamodb, other))
        checks.done(url, lambda: signatures(checks, url, key, secret, verified))
    checks.done("DeleteTable", lambda: drop(checks, clients[-1], clients[0]))

    for failure in checks.failed:
        print(f"mismatch: {failure}", file=sys.stderr)
    print(f"{checks.passed} passed, {len(checks.failed)} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    *endpoints, access_key, secret_key = sys.argv[1:]
    sys.exit(main(endpoints, access_key, secret_key))
