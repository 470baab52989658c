// Drives a cluster with an unmodified AWS SDK for JavaScript, through every node.
//
//   node client.mjs URL [URL ...] ACCESS_KEY SECRET
//
// Exits with 1 and one line per mismatch; else prints "N passed, 0 failed".

import { isDeepStrictEqual } from "node:util";

import { DynamoDB } from "@aws-sdk/client-dynamodb";

// A run that failed may have left its table behind.
const TABLE = `javascript_client_${process.pid}`;

if (process.argv.length < 5) {
  console.error("usage: node client.mjs URL [URL ...] ACCESS_KEY SECRET");
  process.exit(2);
}
const urls = process.argv.slice(2, -2);
const [accessKeyId, secretAccessKey] = process.argv.slice(-2);

const client = (endpoint, secret = secretAccessKey) =>
  new DynamoDB({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey: secret },
    maxAttempts: 1,
  });

let passed = 0;
const failed = [];

function equal(what, got, expected) {
  if (isDeepStrictEqual(got, expected)) passed += 1;
  else failed.push(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}

async function refused(what, call, name) {
  try {
    await call();
    failed.push(`${what}: expected ${name}, got an answer`);
  } catch (error) {
    equal(what, [error.name, error.$metadata?.httpStatusCode], [name, 400]);
  }
}

async function through(url, dynamodb, other) {
  const Key = { pk: { S: url } };
  const Item = { ...Key, text: { S: "äöü 😀" }, bytes: { B: new Uint8Array([0, 255]) } };
  await dynamodb.putItem({ TableName: TABLE, Item });
  const read = await other.getItem({ TableName: TABLE, Key, ConsistentRead: true });
  equal(`${url} PutItem, GetItem`, read.Item, Item);

  const found = await other.query({
    TableName: TABLE,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": { S: url } },
  });
  equal(`${url} Query`, found.Count, 1);

  const updated = await dynamodb.updateItem({
    TableName: TABLE,
    Key,
    UpdateExpression: "ADD visits :one",
    ExpressionAttributeValues: { ":one": { N: "1" } },
    ReturnValues: "UPDATED_NEW",
  });
  equal(`${url} UpdateItem`, updated.Attributes, { visits: { N: "1" } });

  const condition = { TableName: TABLE, Item: Key, ConditionExpression: "attribute_not_exists(pk)" };
  await refused(`${url} condition`, () => dynamodb.putItem(condition), "ConditionalCheckFailedException");

  await dynamodb.deleteItem({ TableName: TABLE, Key });
  const gone = await other.getItem({ TableName: TABLE, Key, ConsistentRead: true });
  equal(`${url} DeleteItem`, gone.Item, undefined);
}

/** Makes any failure of the client a mismatch with a name. */
async function done(what, call) {
  try {
    await call();
  } catch (error) {
    failed.push(`${what}: ${error.name}: ${error.message}`);
  }
}

async function create(dynamodb) {
  const created = await dynamodb.createTable({
    TableName: TABLE,
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  equal("CreateTable", created.TableDescription.TableStatus, "ACTIVE");
}

/** A node that verifies says so of a wrong secret; one that does not takes it. */
async function signatures(url) {
  const wrong = client(url, `${secretAccessKey}x`);
  const unsigned = await fetch(url, {
    method: "POST",
    headers: { "X-Amz-Target": "DynamoDB_20120810.ListTables" },
    body: "{}",
  });
  if (unsigned.ok) equal(`${url} wrong secret`, (await wrong.listTables({})).TableNames.length > 0, true);
  else await refused(`${url} wrong secret`, () => wrong.listTables({}), "UnrecognizedClientException");
}

async function drop(dynamodb, other) {
  await dynamodb.deleteTable({ TableName: TABLE });
  equal("DeleteTable", (await other.listTables({})).TableNames.includes(TABLE), false);
}

const clients = urls.map((url) => client(url));
await done("CreateTable", () => create(clients[0]));
for (const [index, url] of urls.entries()) {
  await done(url, () => through(url, clients[index], clients[(index + 1) % clients.length]));
  await done(url, () => signatures(url));
}
await done("DeleteTable", () => drop(clients.at(-1), clients[0]));

for (const failure of failed) console.error(`mismatch: ${failure}`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length ? 1 : 0;
