//! Sites over a Redis in memory, under a paused clock. Every write that a site lets through is logged and checked.

mod app;
mod defects;
mod faults;
mod life;
mod moves;
mod world;
