use super::*;

fn places(text: &str) -> Vec<(String, String)> {
    let topology: Topology = text.parse().unwrap();
    topology
        .places
        .into_iter()
        .map(|place| (place.datacenter, place.rack))
        .collect()
}

#[test]
fn racks_and_datacenters_come_in_the_order_written() {
    let expected = [("dc1", "r1"), ("dc1", "r1"), ("dc1", "r2"), ("dc2", "rA")];
    let expected: Vec<_> = expected
        .map(|(dc, rack)| (dc.to_owned(), rack.to_owned()))
        .into();
    assert_eq!(places("dc1:r1=2,r2=1;dc2:rA=1"), expected);
    assert_eq!(
        places(" dc1 : r1 = 2 , r2 = 1 ; dc2:rA=1 "),
        expected,
        "spaces do not matter"
    );
}

#[test]
fn the_same_rack_name_in_two_datacenters_is_two_racks() {
    assert_eq!(places("dc1:r1=1;dc2:r1=1").len(), 2);
}

#[test]
fn what_does_not_parse_is_named() {
    let table = [
        ("", "", "empty"),
        ("dc1", "dc1", "no racks"),
        ("dc1:", "", "no node count"),
        ("dc1:rack1", "rack1", "no node count"),
        ("dc1:rack1=x", "rack1=x", "count from 1 to 254"),
        ("dc1:rack1=0", "rack1=0", "count from 1 to 254"),
        ("dc1:rack1=-1", "rack1=-1", "count from 1 to 254"),
        ("dc1:rack1=255", "rack1=255", "count from 1 to 254"),
        (":rack1=3", "rack1=3", "empty name"),
        ("dc1:=3", "=3", "empty name"),
        ("dc1:rack1=3,rack1=2", "rack1=2", "again"),
        ("dc1:rack1=3;", "", "no racks"),
        ("dc1:rack1=200;dc2:rack1=55", "rack1=55", "more than 254"),
    ];
    for (text, piece, problem) in table {
        let error = text.parse::<Topology>().expect_err(text);
        assert_eq!(error.piece(), piece, "{text:?}");
        let shown = error.to_string();
        assert!(shown.contains(problem), "{text:?} gave {shown:?}");
    }
}
