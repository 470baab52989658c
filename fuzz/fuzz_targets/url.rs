//! Reads any text as a configuration.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tower_muster_alternator::fuzzing::url(bytes));
