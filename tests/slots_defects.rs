//! What redis-replica-manager-go gets wrong does not happen here.
//!
//! Each of its fifteen defects, and where its absence is held:
//!
//! 1. Equal scores, no tie-break: `agreement` here; `assign/tests/defects.rs` with scores that are all equal.
//! 2. Objects are skewed: `object/tests.rs`; `an_object_is_in_one_slot_for_sites_and_clients` in `slots_rows`.
//! 3. Heartbeats by each site's clock: `fencing` here; `store/tests/clock.rs`.
//! 4. No fencing: `fencing` here; `fence/tests.rs`, and the model in `site/model.rs`.
//! 5. Evictions in many steps: `fencing` here; `store/tests/membership.rs`.
//! 6. A site without slots is forgotten: `agreement` here.
//! 7. All of a site's slots are rewritten for each: `growth` here.
//! 8. Readers wait for a lock, and for Redis: `notices` here; `table/tests/crossing.rs`.
//! 9. Each notice drops the whole table: `notices` here.
//! 10. Notices that are lost stay lost: `notices` here; `table/follow/tests.rs`.
//! 11. The old list is searched after a miss: `notices` here.
//! 12. Roles do not follow the assignment: `agreement` here.
//! 13. No weights, no racks: `replicas_are_in_racks_of_their_own_and_weights_count` in `slots_rows`.
//! 14. Keys are on several nodes of a cluster: `agreement` here; `slots_cluster`.
//! 15. A plain client cannot follow: `notices` here; `slots_routing`.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

#[path = "slots/agreement.rs"]
mod agreement;
#[path = "slots/fencing.rs"]
mod fencing;
#[path = "slots/growth.rs"]
mod growth;
#[path = "slots/notices.rs"]
mod notices;
