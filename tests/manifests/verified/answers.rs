//! A path has a finding exactly if the service answers it with 404.

use futures_util::FutureExt;
use health_runtime::kubernetes::ManifestCheck;
use health_runtime::{Declaration, Flag, Health, HealthState};
use proptest::prelude::*;

#[derive(HealthState)]
struct Ledger {
    #[health_check(critical, groups("core"))]
    store: Flag,
    #[health_check(liveness, readiness)]
    worker: Flag,
}

#[derive(HealthState)]
struct Shop {
    #[health_check(critical, groups("core", "data"))]
    db: Flag,
    #[health_check(groups("cash"))]
    cache: Flag,
    #[health_check(startup, groups("late"))]
    migrations: Flag,
    #[health_check(nested)]
    billing: Ledger,
}

fn shop() -> Shop {
    Shop {
        db: Flag::healthy(),
        cache: Flag::healthy(),
        migrations: Flag::healthy(),
        billing: Ledger {
            store: Flag::healthy(),
            worker: Flag::healthy(),
        },
    }
}

const PATHS: &[&str] = &[
    "/livez",
    "/readyz",
    "/startupz",
    "/health",
    "/healthz",
    "/readyz/",
    "/readyz/db",
    "/readyz/billing",
    "/livez/billing.worker",
    "/readyz/d%62",
    "/readyz/%ff",
    "/startupz/migrations",
    "/livez/db",
    "/health/migrations",
    "/readyz/db/x",
    "/",
    "/orders",
    "/readyz//",
];
const QUERIES: &[&str] = &[
    "group=core",
    "group=data",
    "group=cash",
    "group=late",
    "group=cor",
    "exclude=db",
    "exclude=billing",
    "exclude=cache",
    "exclude=billing.worker",
    "exclude=migrations",
    "format=json",
    "format=text",
    "format=xml",
    "verbose",
    "hops",
    "x=y",
    "group=",
    "format=",
    "exclude=db&exclude=db",
];

fn manifest(path: &str) -> String {
    format!(
        "kind: Pod\nspec:\n  containers:\n    - name: app\n      readinessProbe: {{httpGet: {{path: {path:?}, port: 8080}}, periodSeconds: 1}}\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_path_has_a_finding_exactly_if_its_answer_is_404(
        path in prop::sample::select(PATHS),
        query in prop::collection::vec(prop::sample::select(QUERIES), 0..4),
    ) {
        let health = Health::builder(shop()).manual();
        let probes = health.probes();
        let query = query.join("&");
        let answer = probes.answer("GET", path, Some(&query)).now_or_never().expect("no probe waits");
        let is_refused = answer.is_none_or(|answer| answer.status() == 404);

        let declaration = Declaration::of::<Shop>().expect("the declaration is valid");
        let findings = ManifestCheck::new(&declaration).verify_manifest(&manifest(&format!("{path}?{query}")));
        let refused = ["unknown-path", "unknown-check", "unknown-group", "unknown-exclude", "invalid-query"];
        let is_found = findings.iter().any(|finding| refused.contains(&finding.rule));
        prop_assert_eq!(is_found, is_refused, "{}?{}: {:?}", path, query, findings);
    }
}
