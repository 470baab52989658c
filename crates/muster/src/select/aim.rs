//! Rewrites where a request goes.

use std::{mem, sync::Arc};

use http::{
    HeaderValue, Request,
    header::HOST,
    uri::{Authority, PathAndQuery},
};

use super::HostHeader;
use crate::{BoxError, attempt::NoNode, node::Node};

/// Aims `request` at `node`: scheme and authority of its URI, and its Host header as `host` says.
///
/// Path, query and everything else stay.
pub(super) fn aim<B>(
    request: &mut Request<B>,
    node: &Arc<Node>,
    host: HostHeader,
) -> Result<(), NoNode> {
    let fail = |reason: BoxError| NoNode::Unaimable {
        node: Arc::clone(node),
        reason: Arc::new(reason),
    };
    match host {
        HostHeader::Node => {
            // Made when the node became known: a client that has to make it from the URI does so for each request.
            let host = node.origin().host().clone();
            let set = request.headers_mut().try_insert(HOST, host);
            set.map_err(|full| fail(full.into()))?;
        }
        HostHeader::Keep => keep_host(request).map_err(fail)?,
    }
    if request
        .uri()
        .path_and_query()
        .is_none_or(|target| target == "/")
    {
        request.uri_mut().clone_from(node.origin().root());
        return Ok(());
    }
    let mut parts = mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(node.origin().scheme().clone());
    parts.authority = Some(node.origin().authority().clone());
    parts
        .path_and_query
        .get_or_insert_with(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = parts
        .try_into()
        .map_err(|error: http::uri::InvalidUriParts| fail(error.into()))?;
    Ok(())
}

/// Writes down the Host that the request would have had: its URI's host, and the port unless that is the
/// scheme's own, as SigV4 signers and HTTP clients have it. A user's name and password are no part of it (RFC 9110,
/// section 7.2).
fn keep_host<B>(request: &mut Request<B>) -> Result<(), BoxError> {
    if request.headers().contains_key(HOST) {
        return Ok(());
    }
    let uri = request.uri();
    let authority = uri
        .authority()
        .ok_or("its Host is to be kept, and it has none")?;
    let default_port = match uri.scheme_str() {
        Some("https") => Some(443),
        _ => Some(80),
    };
    let host = match authority.port_u16() {
        port if port == default_port => authority.host(),
        _ => without_user(authority),
    };
    let host = HeaderValue::from_str(host)?;
    request.headers_mut().insert(HOST, host);
    Ok(())
}

fn without_user(authority: &Authority) -> &str {
    let text = authority.as_str();
    text.rsplit_once('@').map_or(text, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{Request, header::HOST};

    use super::{HostHeader, aim};
    use crate::Node;

    fn aimed(uri: &str, host: Option<&str>, mode: HostHeader) -> (String, Option<String>) {
        let mut request = Request::post(uri);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        let mut request = request.body(()).expect("a request");
        let node = Node::new("https://node1.example:8043").expect("an origin");
        aim(&mut request, &Arc::new(node), mode).expect("aimed");
        let host = request
            .headers()
            .get(HOST)
            .map(|host| host.to_str().expect("text").to_owned());
        (request.uri().to_string(), host)
    }

    #[test]
    fn the_uri_names_the_node_and_path_and_query_stay() {
        for (uri, aimed_uri) in [
            ("/", "https://node1.example:8043/"),
            ("/a/b?c=d", "https://node1.example:8043/a/b?c=d"),
            (
                "http://cluster.example/a?b",
                "https://node1.example:8043/a?b",
            ),
            ("http://cluster.example:80", "https://node1.example:8043/"),
        ] {
            assert_eq!(aimed(uri, None, HostHeader::Node).0, aimed_uri, "of {uri}");
        }
    }

    #[test]
    fn a_host_header_follows_the_node_unless_it_is_kept() {
        let cluster = "http://cluster.example:8000/";
        let table = [
            (cluster, None, HostHeader::Node, Some("node1.example:8043")),
            (
                cluster,
                Some("other.example"),
                HostHeader::Node,
                Some("node1.example:8043"),
            ),
            (
                cluster,
                None,
                HostHeader::Keep,
                Some("cluster.example:8000"),
            ),
            (
                cluster,
                Some("other.example"),
                HostHeader::Keep,
                Some("other.example"),
            ),
            (
                "http://cluster.example:80/",
                None,
                HostHeader::Keep,
                Some("cluster.example"),
            ),
            (
                "https://cluster.example:443/",
                None,
                HostHeader::Keep,
                Some("cluster.example"),
            ),
            (
                "https://cluster.example:80/",
                None,
                HostHeader::Keep,
                Some("cluster.example:80"),
            ),
            (
                "http://[::1]:8000/",
                None,
                HostHeader::Keep,
                Some("[::1]:8000"),
            ),
        ];
        for (uri, host, mode, expected) in table {
            assert_eq!(
                aimed(uri, host, mode).1.as_deref(),
                expected,
                "{uri} {host:?} {mode:?}"
            );
        }
    }

    #[test]
    fn a_users_name_and_password_are_no_part_of_a_host_that_is_kept() {
        for (uri, expected) in [
            ("http://user:pw@c.example:8000/", "c.example:8000"),
            ("http://user:p@w@c.example/", "c.example"),
            ("https://user@[::1]:8043/", "[::1]:8043"),
        ] {
            let host = aimed(uri, None, HostHeader::Keep).1;
            assert_eq!(host.as_deref(), Some(expected), "{uri}");
        }
    }

    #[test]
    fn a_host_that_is_to_be_kept_and_is_not_there_is_an_error() {
        let mut request = Request::post("/").body(()).expect("a request");
        let node = Arc::new(Node::new("http://10.0.0.1:8000").expect("an origin"));
        let error = aim(&mut request, &node, HostHeader::Keep).expect_err("no host");
        assert!(
            error.to_string().contains("http://10.0.0.1:8000"),
            "{error}"
        );
    }
}
