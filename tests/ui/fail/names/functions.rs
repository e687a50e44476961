//! The name of a function follows the rules for names of checks.

use health_runtime::{health_check};

#[health_check]
fn DiskSpace() {}

#[health_check(name = "Disk Space")]
fn disk_space() {}

#[health_check]
fn ready() {}

#[health_check(name = "disk")]
fn größe() {}

fn main() {}
