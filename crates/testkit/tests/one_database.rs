//! All nodes serve one database.

mod support;

use support::{create_table, has, operation, put, start};

#[tokio::test]
async fn what_one_node_writes_every_node_reads() {
    let cluster = start("dc1:r1=2,r2=1;dc2:r1=1").await;
    let nodes = cluster.nodes();
    create_table(&nodes[0]).await;
    for (index, node) in nodes.iter().enumerate() {
        let key = format!("key{index}");
        assert_eq!(operation(node, "PutItem", &put(&key)).await.status, 200);
        for reader in nodes {
            assert!(
                has(reader, &key).await,
                "{key} through {}",
                reader.address()
            );
        }
    }
    let scan = operation(&nodes[3], "Scan", r#"{"TableName":"things"}"#)
        .await
        .json();
    assert_eq!(scan["Count"], 4);
    let query = r#"{"TableName":"things","KeyConditionExpression":"k = :k",
        "ExpressionAttributeValues":{":k":{"S":"key1"}}}"#;
    assert_eq!(
        operation(&nodes[2], "Query", query).await.json()["Count"],
        1
    );
    let update = r#"{"TableName":"things","Key":{"k":{"S":"key1"}},"UpdateExpression":"ADD n :n",
        "ExpressionAttributeValues":{":n":{"N":"2"}},"ReturnValues":"ALL_NEW"}"#;
    operation(&nodes[0], "UpdateItem", update).await;
    let answer = operation(&nodes[1], "UpdateItem", update).await.json();
    assert_eq!(answer["Attributes"]["n"]["N"], "4");
    let delete = r#"{"TableName":"things","Key":{"k":{"S":"key1"}}}"#;
    assert_eq!(operation(&nodes[1], "DeleteItem", delete).await.status, 200);
    assert!(!has(&nodes[0], "key1").await);
}

#[tokio::test]
async fn batches_tags_and_tables_work() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    create_table(node).await;
    let batch = r#"{"RequestItems":{"things":[{"PutRequest":{"Item":{"k":{"S":"a"}}}}]}}"#;
    assert_eq!(
        operation(node, "BatchWriteItem", batch).await.json()["UnprocessedItems"],
        { serde_json::json!({}) }
    );
    let keys = r#"{"RequestItems":{"things":{"Keys":[{"k":{"S":"a"}}]}}}"#;
    let read = operation(node, "BatchGetItem", keys).await.json();
    assert_eq!(read["Responses"]["things"][0]["k"]["S"], "a");
    let table = operation(node, "DescribeTable", r#"{"TableName":"things"}"#)
        .await
        .json();
    let arn = table["Table"]["TableArn"].as_str().unwrap();
    let tags = format!(r#"{{"ResourceArn":"{arn}","Tags":[{{"Key":"a","Value":"b"}}]}}"#);
    let tagged = operation(node, "TagResource", &tags).await;
    assert_eq!(
        (tagged.status, &*tagged.body),
        (200, ""),
        "success has an empty body"
    );
    assert_eq!(
        operation(node, "DeleteTable", r#"{"TableName":"things"}"#)
            .await
            .status,
        200
    );
    let tables = operation(node, "ListTables", "{}").await.json();
    assert_eq!(tables["TableNames"], serde_json::json!([]));
}

#[tokio::test]
async fn the_engines_errors_arrive_in_alternators_shape() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    create_table(node).await;
    operation(node, "PutItem", &put("a")).await;
    let conditional = r#"{"TableName":"things","Item":{"k":{"S":"a"}},
        "ConditionExpression":"attribute_not_exists(k)",
        "ReturnValuesOnConditionCheckFailure":"ALL_OLD"}"#;
    let table = [
        (
            "GetItem",
            r#"{"TableName":"nothing","Key":{"k":{"S":"a"}}}"#,
            "ResourceNotFoundException",
        ),
        (
            "PutItem",
            r#"{"TableName":"things","Item":{}}"#,
            "ValidationException",
        ),
        ("PutItem", conditional, "ConditionalCheckFailedException"),
        (
            "DeleteTable",
            r#"{"TableName":"nothing"}"#,
            "ResourceNotFoundException",
        ),
    ];
    for (name, body, error) in table {
        let answer = operation(node, name, body).await;
        assert_eq!(
            (answer.status, &*answer.error()),
            (400, error),
            "{name}: {answer:?}"
        );
    }
    let answer = operation(node, "PutItem", conditional).await;
    let expected = r#"{"Item":{"k":{"S":"a"}},"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}"#;
    assert_eq!(answer.body, expected);
}
