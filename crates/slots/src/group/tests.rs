use std::time::Duration;

use super::{Group, GroupBuilder, Spread};

#[test]
fn what_makes_no_group_is_refused_by_field_and_value() {
    let group = || Group::builder("g");
    let ms = Duration::from_millis;
    let cases: [(GroupBuilder, &str); 11] = [
        (Group::builder(""), "name is \"\""),
        (Group::builder("a{b"), "name is \"a{b\""),
        (Group::builder("a b"), "name is \"a b\""),
        (
            group().slots(0),
            "slots is 0, and must be between 1 and 16384",
        ),
        (group().slots(16_385), "slots is 16385"),
        (group().replicas(0), "replicas is 0, and must be at least 1"),
        (group().min_sites(0), "min_sites is 0"),
        (
            group().replicas(3).spread(Spread::Strictly { racks: 2 }),
            "replicas is 3, and strict spreading over 2 racks",
        ),
        (group().timeout(ms(1)), "timeout is 1ms"),
        (
            group().timeout(ms(1_000)).heartbeat(ms(2_000)),
            "heartbeat is 2s, and must be between 1ms and 875ms",
        ),
        (group().timeout(ms(1_000)).margin(ms(1_000)), "margin is 1s"),
    ];
    for (builder, expected) in cases {
        let error = builder.build().expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_site_stops_being_primary_before_the_others_may_replace_it() {
    let group = Group::builder("g")
        .timeout(Duration::from_secs(8))
        .build()
        .expect("a group");
    assert_eq!(group.lease() + group.margin(), group.timeout());
    assert!(group.lease() < group.timeout());
    assert!(
        group.heartbeat() * 3 < group.lease(),
        "room for lost heartbeats"
    );
}

#[test]
fn times_are_whole_milliseconds_as_redis_has_them() {
    let group = Group::builder("g").timeout(Duration::from_micros(1_500_001));
    let group = group.build().expect("a group");
    assert_eq!(group.timeout(), Duration::from_millis(1_501));
    assert_eq!(group.margin(), Duration::from_millis(188));
    assert_eq!(group.heartbeat(), Duration::from_millis(376));
}
