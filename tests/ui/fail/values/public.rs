//! `public` takes one of three choices.

use health_runtime::HealthState;

#[derive(HealthState)]
#[health(public = "detail")]
struct Near;

#[derive(HealthState)]
#[health(public = "Status")]
struct Capital;

#[derive(HealthState)]
#[health(public = "everything")]
struct Far;

#[derive(HealthState)]
#[health(public = "")]
struct Empty;

#[derive(HealthState)]
#[health(public)]
struct Missing;

#[derive(HealthState)]
#[health(public = status)]
struct WithoutQuotes;

#[derive(HealthState)]
#[health(public("status"))]
struct InParentheses;

#[derive(HealthState)]
#[health(public_details)]
struct Details;

#[derive(HealthState)]
#[health(verbose = true)]
struct Verbose;

#[derive(HealthState)]
#[health(hide_checks)]
struct Hide;

#[derive(HealthState)]
#[health(pulbic = "status")]
struct Typo;

fn main() {}
