//! One server: what is asked, and what goes wrong.

use tower_muster_testkit::redis::RedisServer;

use super::*;

#[tokio::test]
async fn a_script_runs_also_after_the_server_has_forgotten_it() {
    let mut server = RedisServer::start().await.expect("a server");
    let link = link(&at(&server.url())).await;
    assert_eq!(swap(&link, "1").await.expect("an answer"), None);
    assert_eq!(
        swap(&link, "2").await.expect("an answer").as_deref(),
        Some("1")
    );
    server.restart().await.expect("a server");
    assert_eq!(swap_in_the_end(&link, "3").await.as_deref(), Some("2"));
}

#[tokio::test]
async fn commands_of_a_transaction_are_answered_together() {
    let server = RedisServer::start().await.expect("a server");
    let link = link(&at(&server.url())).await;
    let mut commands = redis::pipe();
    commands
        .cmd("SET")
        .arg("a")
        .arg(1)
        .cmd("GET")
        .arg("a")
        .cmd("HGETALL")
        .arg("none");
    let answers = link.atomically(commands).await.expect("answers");
    let expected = [
        Value::Okay,
        Value::BulkString(b"1".to_vec()),
        Value::Map(Vec::new()),
    ];
    assert_eq!(answers, expected);

    let mut commands = redis::pipe();
    commands.cmd("SET").arg("a").arg(2).cmd("HGETALL").arg("a");
    let error = link
        .atomically(commands)
        .await
        .expect_err("a value of another type");
    assert!(error.to_string().contains("WRONGTYPE"), "{error}");
}

#[tokio::test]
async fn an_error_of_a_script_has_its_name_its_code_and_its_detail() {
    static TAKEN: Script = Script::new("join", "return redis.error_reply('MUSTER TAKEN 500')");
    let server = RedisServer::start().await.expect("a server");
    let link = link(&at(&server.url())).await;
    let none: [&str; 0] = [];
    let error = link.run(&TAKEN, &[], &none).await.expect_err("an error");
    let crate::RedisError::Script {
        script,
        code,
        detail,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(
        (script, code.as_str(), detail.as_str()),
        ("join", "MUSTER", "TAKEN 500")
    );
}

#[tokio::test]
async fn a_server_behind_a_unix_socket_is_a_server() {
    let path = std::env::temp_dir().join(format!("muster-{}.sock", std::process::id()));
    let path = path.display().to_string();
    let server = RedisServer::with(["--unixsocket", &path])
        .await
        .expect("a server");
    let link = link(&at(&format!("redis+unix://{path}"))).await;
    assert_eq!(swap(&link, "1").await.expect("an answer"), None);
    let direct = self::link(&at(&server.url())).await;
    assert_eq!(
        swap(&direct, "2").await.expect("an answer").as_deref(),
        Some("1")
    );
    let _ = std::fs::remove_file(path);
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_not_ready() {
    let (server, other) = tokio::join!(RedisServer::start(), RedisServer::start());
    let (server, other) = (server.expect("a server"), other.expect("a server"));
    let link = link(&at(&server.url())).await;
    let client = redis::Client::open(server.url()).expect("a client");
    let mut direct = client
        .get_multiplexed_async_connection()
        .await
        .expect("a connection");
    let (mut follow, mut lead) = (redis::cmd("REPLICAOF"), redis::cmd("REPLICAOF"));
    follow.arg("127.0.0.1").arg(other.port());
    follow.exec_async(&mut direct).await.expect("a replica");
    let error = swap(&link, "1").await.expect_err("no writes");
    let crate::RedisError::Unready { detail, code, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(
        code == "READONLY" || detail.contains("READONLY"),
        "{error:?}"
    );
    lead.arg("NO")
        .arg("ONE")
        .exec_async(&mut direct)
        .await
        .expect("a master");
    swap_in_the_end(&link, "2").await;
}
