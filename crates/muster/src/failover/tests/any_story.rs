//! What holds for every call, whatever the nodes do.

use std::{collections::HashSet, num::NonZeroU32};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use proptest::{collection::vec, prelude::*};
use tower::ServiceExt;

use super::{
    Error, Reason,
    hedging::{eagerly, known},
    millis, stack,
};
use crate::tests::fakes::{Client, Reply, cluster, in_flight};

/// What one node does with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Deed {
    Refuses,
    Resets,
    Answers(u16),
    IsSilent,
    AnswersLate,
}

impl Deed {
    fn reply(self) -> Reply {
        match self {
            Self::Refuses => Reply::REFUSED,
            Self::Resets => Reply::RESET,
            Self::Answers(status) => Reply::Status(status),
            Self::IsSilent => Reply::Silence,
            Self::AnswersLate => Reply::after_millis(150, Reply::Status(200)),
        }
    }

    /// Whether the node may have carried the request out.
    fn may_have_served(self) -> bool {
        !matches!(self, Self::Refuses | Self::Answers(429))
    }

    fn ends_the_call(self) -> bool {
        matches!(self, Self::Answers(200 | 400))
    }
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => Just(Deed::Refuses),
        2 => Just(Deed::Resets),
        1 => prop::sample::select(vec![200, 400, 429, 500, 503]).prop_map(Deed::Answers),
        1 => Just(Deed::IsSilent),
        1 => Just(Deed::AnswersLate),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nothing_is_carried_out_twice_and_no_node_is_asked_twice(
        deeds in vec(deed(), 1..7),
        repeatable in any::<bool>(),
        attempts in 1_u32..7,
        attempt_timeout in prop::option::of(Just(100_u64)),
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let cluster = cluster(deeds.len() as u8);
            let client = Client::new({
                let deeds = deeds.clone();
                move |seen| deeds[usize::from(seen.host) - 1].reply()
            });
            let max_attempts = NonZeroU32::new(attempts).expect("not zero");
            let service = stack(&client, &cluster, |mut layer| {
                layer.limits.attempt_timeout = attempt_timeout.map(millis);
                layer.max_attempts(max_attempts).deadline(millis(10_000))
            });
            let method = if repeatable { "GET" } else { "POST" };
            let request = Request::builder().method(method).body(Full::<Bytes>::from("body"));
            let result = service.oneshot(request.expect("a request")).await;

            let hosts = client.hosts();
            let asked: Vec<_> = hosts.iter().map(|host| deeds[usize::from(*host) - 1]).collect();
            prop_assert_eq!(hosts.iter().collect::<HashSet<_>>().len(), hosts.len());
            prop_assert!(asked.len() <= attempts as usize);
            let (last, before) = asked.split_last().expect("one attempt at least");
            prop_assert!(!before.iter().any(|deed| deed.ends_the_call()), "{:?}", asked);
            if !repeatable {
                prop_assert!(!before.iter().any(|deed| deed.may_have_served()), "{:?}", asked);
            }
            match result {
                Ok(response) => {
                    let expected = match last {
                        Deed::Answers(status) => *status,
                        Deed::AnswersLate => 200,
                        _ => 0,
                    };
                    prop_assert_eq!(response.status().as_u16(), expected);
                    prop_assert_eq!(in_flight(&cluster), 1);
                    drop(response);
                }
                Err(error) => {
                    prop_assert_eq!(error.tried().len(), asked.len());
                    let may_have_served = asked.iter().any(|deed| deed.may_have_served());
                    prop_assert_eq!(error.is_safe_to_repeat(), repeatable || !may_have_served);
                    let all_used = asked.len() == deeds.len().min(attempts as usize);
                    let Error::Exhausted { reason, .. } = error else {
                        return Err(TestCaseError::fail(error.to_string()));
                    };
                    match reason {
                        Reason::NoNodeLeft | Reason::AttemptsSpent => prop_assert!(all_used),
                        Reason::NotRepeatable => prop_assert!(last.may_have_served() && !repeatable),
                        Reason::Deadline { .. } => prop_assert_eq!(*last, Deed::IsSilent),
                        other => prop_assert!(false, "{:?}", other),
                    }
                }
            }
            prop_assert_eq!(in_flight(&cluster), 0);
            Ok(())
        })?;
    }
    #[test]
    fn two_attempts_at_once_are_at_two_nodes_and_only_of_what_changes_nothing(
        deeds in vec(deed(), 2..6),
        reads in any::<bool>(),
        attempt_timeout in prop::option::of(Just(100_u64)),
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let cluster = known(deeds.len() as u8).await;
            let client = Client::new({
                let deeds = deeds.clone();
                move |seen| deeds[usize::from(seen.host) - 1].reply()
            });
            let service = stack(&client, &cluster, |mut layer| {
                layer.limits.attempt_timeout = attempt_timeout.map(millis);
                eagerly(layer).deadline(millis(10_000))
            });
            let method = if reads { "GET" } else { "POST" };
            let request = Request::builder().method(method).body(Full::<Bytes>::from("body"));
            let result = service.oneshot(request.expect("a request")).await;

            let hosts = client.hosts();
            prop_assert_eq!(hosts.iter().collect::<HashSet<_>>().len(), hosts.len());
            let deed = |host: &u8| deeds[usize::from(*host) - 1];
            if !reads {
                let served = hosts.iter().filter(|host| deed(host).may_have_served());
                prop_assert!(served.count() <= 1, "{:?}", hosts);
            }
            match result {
                Ok(response) => {
                    let status = response.status().as_u16();
                    let answers = hosts.iter().map(deed).any(|deed| match deed {
                        Deed::Answers(answer) => answer == status,
                        Deed::AnswersLate => status == 200,
                        _ => false,
                    });
                    prop_assert!(answers, "{} of {:?}", status, hosts);
                }
                Err(error) => {
                    let mut tried: Vec<_> = super::tried(&error).into_iter().flatten().collect();
                    let mut hosts = hosts;
                    tried.sort_unstable();
                    hosts.sort_unstable();
                    prop_assert_eq!(tried, hosts, "each is named once");
                }
            }
            prop_assert_eq!(in_flight(&cluster), 0);
            Ok(())
        })?;
    }
}
