//! From an operation's name and JSON body to a call of the engine.

use bytes::Bytes;
use dynoxide::Database;
use dynoxide::actions::create_table::{CreateTableRequest, CreateTableResponse};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::api_error::ApiError;

/// An operation that was read and waits for the engine.
pub(crate) type Operation = Box<dyn FnOnce(&Database) -> Result<Bytes, ApiError> + Send>;

/// Marks that the engine's own readers put before a message, by error class.
const VALIDATION_MARKS: [&str; 3] = ["VALIDATION_REQUEST:", "VALIDATION_AS_READ:", "VALIDATION:"];
const SERIALIZATION_MARKS: [&str; 2] = ["SERIALIZATION_AS_READ:", "SERIALIZATION:"];

/// Reads an operation; the ones that Alternator has not are unknown here too,
/// though the engine has them (`server.cc`, the table of callbacks).
pub(crate) fn prepare(operation: &str, body: &[u8]) -> Result<Operation, ApiError> {
    match operation {
        "CreateTable" => read(body, create_table),
        "DeleteTable" => read(body, Database::delete_table),
        "DescribeTable" => read(body, Database::describe_table),
        "ListTables" => read(body, Database::list_tables),
        "UpdateTable" => read(body, Database::update_table),
        "PutItem" => read(body, Database::put_item),
        "GetItem" => read(body, Database::get_item),
        "UpdateItem" => read(body, Database::update_item),
        "DeleteItem" => read(body, Database::delete_item),
        "Query" => read(body, Database::query),
        "Scan" => read(body, Database::scan),
        "BatchGetItem" => read(body, Database::batch_get_item),
        "BatchWriteItem" => read(body, Database::batch_write_item),
        "TagResource" => without_answer(read(body, Database::tag_resource)?),
        "UntagResource" => without_answer(read(body, Database::untag_resource)?),
        "ListTagsOfResource" => read(body, Database::list_tags_of_resource),
        "UpdateTimeToLive" => read(body, Database::update_time_to_live),
        "DescribeTimeToLive" => read(body, Database::describe_time_to_live),
        "ListStreams" => read(body, Database::list_streams),
        "DescribeStream" => read(body, Database::describe_stream),
        "GetShardIterator" => read(body, Database::get_shard_iterator),
        "GetRecords" => read(body, Database::get_records),
        unknown => Err(ApiError::bad_request(
            "UnknownOperationException",
            format!("Unsupported operation {unknown}"),
        )),
    }
}

fn read<Q, A>(
    body: &[u8],
    call: fn(&Database, Q) -> dynoxide::Result<A>,
) -> Result<Operation, ApiError>
where
    Q: DeserializeOwned + Send + 'static,
    A: Serialize + 'static,
{
    let request: Q = serde_json::from_slice(body).map_err(|error| unreadable(body, &error))?;
    Ok(Box::new(move |database| {
        let answer = call(database, request)?;
        let answer = serde_json::to_vec(&answer);
        answer
            .map(Bytes::from)
            .map_err(|error| ApiError::internal(&error.to_string()))
    }))
}

/// Alternator's CreateTable returns when the table can be used, and says so.
fn create_table(
    database: &Database,
    request: CreateTableRequest,
) -> dynoxide::Result<CreateTableResponse> {
    let mut answer = database.create_table(request)?;
    answer.table_description.table_status = "ACTIVE".to_owned();
    Ok(answer)
}

/// TagResource and UntagResource answer with nothing at all.
fn without_answer(operation: Operation) -> Result<Operation, ApiError> {
    Ok(Box::new(move |database| {
        operation(database).map(|_| Bytes::new())
    }))
}

/// What is not JSON comes first, then what is no object, then a wrong member.
fn unreadable(body: &[u8], error: &serde_json::Error) -> ApiError {
    if let Err(syntax) = serde_json::from_slice::<IgnoredAny>(body) {
        let offset = offset(body, &syntax);
        let reason = position_cut(&syntax);
        return ApiError::validation(format!("Parsing JSON failed: {reason} at {offset}"));
    }
    if body.trim_ascii_start().first() != Some(&b'{') {
        return ApiError::validation("Request content must be an object");
    }
    let message = position_cut(error);
    for mark in SERIALIZATION_MARKS {
        if let Some(text) = message.strip_prefix(mark) {
            return ApiError::bad_request("SerializationException", text);
        }
    }
    let text = VALIDATION_MARKS
        .iter()
        .find_map(|mark| message.strip_prefix(mark));
    ApiError::validation(text.unwrap_or(&message))
}

fn position_cut(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(message, _)| message.to_owned())
}

fn offset(body: &[u8], error: &serde_json::Error) -> usize {
    let lines = body
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1));
    lines.map(<[u8]>::len).sum::<usize>() + error.column()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(operation: &str, body: &str) -> (String, String) {
        match prepare(operation, body.as_bytes()) {
            Err(error) => (error.kind.into_owned(), error.message),
            Ok(_) => panic!("{operation} with {body} was read"),
        }
    }

    #[test]
    fn a_body_that_cannot_be_read_is_refused_in_alternators_words() {
        let table = [
            (
                "Nonsense",
                "{}",
                "UnknownOperationException",
                "Unsupported operation Nonsense",
            ),
            (
                "",
                "{}",
                "UnknownOperationException",
                "Unsupported operation ",
            ),
            (
                "TransactWriteItems",
                "{}",
                "UnknownOperationException",
                "Unsupported operation Tr",
            ),
            (
                "PutItem",
                "",
                "ValidationException",
                "Parsing JSON failed: EOF while parsing",
            ),
            (
                "PutItem",
                "{\n\"a\": }",
                "ValidationException",
                "expected value at 8",
            ),
            (
                "PutItem",
                "[]",
                "ValidationException",
                "Request content must be an object",
            ),
            (
                "PutItem",
                "7",
                "ValidationException",
                "Request content must be an object",
            ),
        ];
        for (operation, body, kind, message) in table {
            let (refused_kind, text) = refused(operation, body);
            assert_eq!(refused_kind, kind, "{operation} {body:?}: {text}");
            assert!(text.contains(message), "{operation} {body:?} gave {text:?}");
        }
    }

    #[test]
    fn the_engines_marks_never_reach_a_client() {
        let body = r#"{"TableName":"t","Item":{"k":{"N":"not a number"}}}"#;
        let outcome = prepare("PutItem", body.as_bytes());
        let message = match outcome {
            Err(error) => error.message,
            Ok(run) => run(&Database::memory().unwrap()).unwrap_err().message,
        };
        assert!(
            !message.contains("VALIDATION") && !message.contains("SERIALIZATION"),
            "{message}"
        );
    }
}
