//! Scans any bytes as the body of each write.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tower_muster_alternator::fuzzing::body(bytes));
