use super::*;

fn tables() -> TableKeys {
    let tables = TableKeys::new().given("t", "p").expect("names");
    tables.given("u", "q").expect("names")
}

fn plan(tables: &TableKeys, operation: &str, body: &str) -> Plan {
    let interest = Interest::from(Mode::AnyWrite);
    let keyed = interest.of(operation).expect("a write");
    Plan::of(
        interest,
        keyed,
        tables,
        &Bytes::copy_from_slice(body.as_bytes()),
    )
}

fn hashes(plan: &Plan) -> &[KeyHash] {
    plan.keys.as_ref().map_or(&[], PartitionKeys::hashes)
}

/// Learns the key of a table, so long ago that it may be doubted.
async fn learned(table: &str, key: &str) -> TableKeys {
    let tables = TableKeys::new();
    tables
        .begin(table, Why::Unknown)
        .expect("nobody asks")
        .learned(key);
    tokio::time::advance(std::time::Duration::from_secs(20)).await;
    tables
}

#[test]
fn each_operation_has_its_key_where_it_should() {
    let members = r#""TableName":"t","Item":{"p":{"S":"put"}},"Key":{"p":{"S":"key"}}"#;
    for (operation, expected) in [
        ("PutItem", "put"),
        ("UpdateItem", "key"),
        ("DeleteItem", "key"),
    ] {
        let plan = plan(&tables(), operation, &format!("{{{members}}}"));
        assert_eq!(hashes(&plan), [KeyHash::string(expected)], "{operation}");
        assert_eq!(plan.keys.expect("keys").table(), Some("t"));
    }
}

#[test]
fn the_tables_name_is_the_bodys_own_memory_unless_it_is_escaped() {
    for (body, is_shared) in [
        (r#"{"TableName":"t","Item":{"p":{"S":"a"}}}"#, true),
        (r#"{"TableName":"\u0074","Item":{"p":{"S":"a"}}}"#, false),
    ] {
        let body = Bytes::from(body);
        let keys = tables()
            .keys_of(Mode::AnyWrite, "PutItem", &body)
            .expect("keys");
        let table = keys.table().expect("a table");
        assert_eq!(table, "t");
        assert_eq!(body.as_ptr_range().contains(&table.as_ptr()), is_shared);
    }
}

#[test]
fn what_the_mode_does_not_take_has_no_keys() {
    let body = Bytes::from(r#"{"TableName":"t","Item":{"p":{"S":"a"}}}"#);
    let keys = |mode, operation| tables().keys_of(mode, operation, &body);
    assert!(keys(Mode::AnyWrite, "PutItem").is_some());
    assert!(keys(Mode::ReadModifyWrite, "PutItem").is_none());
    assert!(keys(Mode::AnyWrite, "GetItem").is_none());
}

#[test]
fn an_unknown_table_is_to_be_learned_if_its_key_matters() {
    let body = r#"{"TableName":"unknown","Item":{"p":{"S":"a"}}}"#;
    let unknown = plan(&tables(), "PutItem", body);
    assert!(unknown.keys.is_none());
    assert_eq!(unknown.to_learn, [("unknown".to_owned(), Why::Unknown)]);
    let body = Bytes::from(body);
    let plan = Plan::of(Mode::ReadModifyWrite.into(), Keyed::Put, &tables(), &body);
    assert!(plan.to_learn.is_empty(), "the put looks at nothing");
}

#[test]
fn what_cannot_be_read_has_no_plan() {
    for body in [
        "",
        "\u{1f}\u{8b}",
        r#"{"TableName":"t","Item":{"p":{"S":"a"}}"#,
        r#"{"TableName":7,"Item":{"p":{"S":"a"}}}"#,
        r#"{"Item":{"p":{"S":"a"}}}"#,
        r#"{"TableName":"t"}"#,
        r#"{"TableName":"t","Key":{"p":{"S":"a"}}}"#,
    ] {
        let plan = plan(&tables(), "PutItem", body);
        assert!(plan.keys.is_none() && plan.to_learn.is_empty(), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_without_the_learned_key_puts_it_in_doubt() {
    let tables = learned("t", "p").await;
    let doubted = vec![("t".to_owned(), Why::Doubted)];
    let one = plan(
        &tables,
        "PutItem",
        r#"{"TableName":"t","Item":{"q":{"S":"a"}}}"#,
    );
    assert_eq!((hashes(&one), &one.to_learn), (&[][..], &doubted));

    let without = r#"{"PutRequest":{"Item":{"q":{"S":"a"}}}}"#;
    let with = r#"{"PutRequest":{"Item":{"p":{"S":"a"}}}}"#;
    let body = format!(r#"{{"RequestItems":{{"t":[{without},{with},{without}]}}}}"#);
    let many = plan(&tables, "BatchWriteItem", &body);
    assert_eq!(
        (hashes(&many), &many.to_learn),
        (&[KeyHash::string("a")][..], &doubted)
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_key_is_used_and_learned_anew() {
    let tables = learned("t", "p").await;
    tokio::time::advance(std::time::Duration::from_secs(600)).await;
    let old = vec![("t".to_owned(), Why::Unknown)];
    let one = plan(
        &tables,
        "PutItem",
        r#"{"TableName":"t","Item":{"p":{"S":"a"}}}"#,
    );
    assert_eq!(
        (hashes(&one), &one.to_learn),
        (&[KeyHash::string("a")][..], &old)
    );
    let body = r#"{"RequestItems":{"t":[{"DeleteRequest":{"Key":{"p":{"S":"a"}}}}]}}"#;
    let many = plan(&tables, "BatchWriteItem", body);
    assert_eq!(
        (hashes(&many), &many.to_learn),
        (&[KeyHash::string("a")][..], &old)
    );
}

#[test]
fn a_batch_has_the_keys_of_all_tables_that_are_known() {
    let put = |key, value| format!(r#"{{"PutRequest":{{"Item":{{"{key}":{{"S":"{value}"}}}}}}}}"#);
    let (one, two, three) = (put("p", 1), put("q", 2), put("x", 3));
    let body =
        format!(r#"{{"RequestItems":{{"t":[{one},{one}],"unknown":[{three}],"u":[{two}]}}}}"#);
    let plan = plan(&tables(), "BatchWriteItem", &body);
    let [one, two] = ["1", "2"].map(KeyHash::string);
    assert_eq!(hashes(&plan), [one, one, two]);
    assert_eq!(plan.to_learn, [("unknown".to_owned(), Why::Unknown)]);
    assert_eq!(plan.keys.expect("keys").table(), None, "there are two");
}

#[test]
fn no_more_tables_are_to_be_learned_than_are_learned_at_once() {
    let tables: Vec<_> = (0..100).map(|n| format!(r#""t{n}":[]"#)).collect();
    let body = format!(r#"{{"RequestItems":{{{}}}}}"#, tables.join(","));
    let plan = plan(&TableKeys::new(), "BatchWriteItem", &body);
    assert_eq!(plan.to_learn.len(), MOST_LEARNING);
    assert!(plan.keys.is_none());
}

#[test]
fn the_key_of_a_read_is_told_and_not_sent_by() {
    let interest = Interest {
        mode: Mode::ReadModifyWrite,
        tells_all: true,
    };
    let body = Bytes::from(r#"{"TableName":"t","Key":{"p":{"S":"a"}},"ConditionExpression":"c"}"#);
    for (keyed, is_sent) in [(Keyed::Get, false), (Keyed::Delete, true)] {
        let keys = Plan::of(interest, keyed, &tables(), &body).keys;
        let keys = keys.expect("a key");
        assert_eq!(keys.hashes(), [KeyHash::string("a")]);
        assert_eq!(keys.are_sent_by(), is_sent, "{keyed:?}");
    }
}
