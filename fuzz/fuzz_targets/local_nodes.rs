//! Reads any bytes as the list that a node answers with.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tower_muster_alternator::fuzzing::local_nodes(bytes));
