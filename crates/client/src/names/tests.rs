use std::{collections::HashSet, sync::Barrier, thread};

use http::Uri;

use super::{MOST, Names, header, is_name};

fn uri(uri: impl AsRef<str>) -> Uri {
    uri.as_ref().parse().expect("a URI")
}

/// What the pool sees of a URI.
fn named(names: &Names, uri: &Uri) -> Option<Uri> {
    names.host(uri)?.named(uri)
}

#[test]
fn a_name_leads_back_to_its_host_and_path_and_query_stay() {
    let names = Names::default();
    for own in [
        "http://10.0.0.1:8000/",
        "https://10.0.0.1:8000/",
        "http://node1.example/a/b?c=d",
        "http://u:p@[::1]:80/?e",
        "http://h/",
    ] {
        let own = uri(own);
        let named = named(&names, &own).expect("a name");
        assert!(is_name(named.authority().expect("an authority")), "{named}");
        assert_eq!(named.scheme(), own.scheme());
        assert_eq!(named.path_and_query(), own.path_and_query());
        assert_eq!(names.own(&named), Some(own));
    }
    assert_eq!(names.own(&uri("http://10.0.0.1:8000/")), None);
}

#[test]
fn a_host_keeps_its_name_and_no_two_share_one() {
    let names = Names::default();
    let mut given = HashSet::new();
    let hosts: Vec<_> = (0..MOST)
        .map(|n| uri(format!("http://node-{n}.example:8000/")))
        .collect();
    for host in &hosts {
        let name = named(&names, host).expect("a name for each");
        assert!(given.insert(name), "{host} has another's name");
    }
    for host in &hosts {
        let name = named(&names, host).expect("it has one");
        assert!(given.contains(&name), "{host} has a new name");
    }
    // Those that come later go by their own.
    assert!(names.host(&uri("http://late.example/")).is_none());
    assert!(names.host(&uri("https://node-1.example:8000/")).is_none());
    assert!(names.host(&hosts[0]).is_some());
}

#[test]
fn what_has_no_host_has_no_name() {
    let names = Names::default();
    for none in ["/", "/a?b", "node1.example:8000", "ftp://node1.example/"] {
        assert!(names.host(&uri(none)).is_none(), "{none}");
    }
}

#[test]
fn threads_that_ask_at_once_get_the_same_name() {
    let names = Names::default();
    let barrier = Barrier::new(4);
    let all: Vec<Vec<_>> = thread::scope(|scope| {
        let ask = || {
            barrier.wait();
            let hosts = (0..20).map(|n| uri(format!("http://10.0.0.{n}:8000/")));
            hosts.map(|host| named(&names, &host)).collect()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|names| names.expect("no panic")).collect()
    });
    assert!(all[0].iter().all(Option::is_some));
    assert!(all.iter().all(|names| *names == all[0]));
    assert_eq!(all[0].iter().collect::<HashSet<_>>().len(), 20);
}

#[test]
fn the_header_is_the_host_with_a_port_that_is_not_the_schemes_own() {
    for (own, said) in [
        ("http://h/", "h"),
        ("http://h:80/", "h"),
        ("http://h:443/", "h:443"),
        ("https://h:443/", "h"),
        ("https://h:80/", "h:80"),
        ("http://u:p@10.0.0.1:8000/a", "10.0.0.1:8000"),
        ("http://[::1]:8000/", "[::1]:8000"),
    ] {
        let header = header(&uri(own)).expect("a header");
        assert_eq!(header, said, "{own}");
    }
}
