use super::connector_error;

#[test]
fn an_error_that_is_not_known_is_not_repeated() {
    let shown = connector_error("what happened?".into());
    assert!(shown.is_other(), "{shown:?}");
    assert!(shown.as_other().is_none(), "{shown:?}");
}
