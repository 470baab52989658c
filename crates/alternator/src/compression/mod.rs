//! Smaller bodies, both ways.
