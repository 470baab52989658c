//! Sites over a Redis in memory, under a paused clock. Every write that a site lets through is logged and checked.

mod app;
mod asks;
mod defects;
mod faults;
mod leaving;
mod life;
mod moves;
mod world;
