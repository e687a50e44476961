//! What a declaration generates is valid for Kubernetes, in every kind of workload.

use std::time::Duration;

use health_manifests::{assert_valid, validated};
use health_runtime::kubernetes::Kubernetes;
use health_runtime::{Breaker, CheckSpec, Declaration, Flag, Health, HealthState, Probe};

#[derive(HealthState)]
#[health(
    name = "orders",
    prefix = "/ops",
    probe_budget = "2s",
    drain = "15s",
    stalled_after = "1m"
)]
struct AppState {
    #[health_check(critical, startup, readiness)]
    db: Flag,
    #[health_check(ttl = "1s", breaker(failures = 3))]
    cache: Flag,
    #[health_check(liveness)]
    worker: Flag,
}

/// The workloads that have a pod, each with what stands around the spec of the pod.
const WORKLOADS: [&str; 6] = [
    "\
apiVersion: v1
kind: Pod
metadata: {name: orders}
spec:
",
    "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  selector: {matchLabels: {app: orders}}
  template:
    metadata: {labels: {app: orders}}
    spec:
",
    "\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: orders}
spec:
  serviceName: orders
  selector: {matchLabels: {app: orders}}
  template:
    metadata: {labels: {app: orders}}
    spec:
",
    "\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: orders}
spec:
  selector: {matchLabels: {app: orders}}
  template:
    metadata: {labels: {app: orders}}
    spec:
",
    "\
apiVersion: batch/v1
kind: Job
metadata: {name: orders}
spec:
  template:
    spec:
      restartPolicy: Never
",
    "\
apiVersion: batch/v1
kind: CronJob
metadata: {name: orders}
spec:
  schedule: '@daily'
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
",
];

/// A manifest of each kind, with what is generated.
fn workloads(generated: &Kubernetes) -> String {
    let documents = WORKLOADS.map(|workload| {
        let last = workload.lines().last().expect("it has lines");
        let depth = last.len() - last.trim_start().len();
        let depth = if last.ends_with("spec:") { depth + 2 } else { depth };
        format!("{workload}{}", generated.clone().indent(depth))
    });
    documents.join("---\n")
}

#[test]
fn what_is_generated_passes_the_published_schemas() {
    let declaration = Declaration::of::<AppState>().unwrap();
    let many = (0..20).fold(Health::builder(()).name("ü \"x\": #"), |builder, number| {
        let spec = CheckSpec::named(format!("check-{number}")).startup();
        builder.check(spec.breaker(Breaker::new()), Flag::healthy())
    });
    let many = many
        .paths(Probe::Readiness, ["/a~b/c.d_e-f"])
        .manual_start()
        .drain(Duration::ZERO);
    let long = Duration::from_secs(u64::MAX);
    let generated = [
        declaration.kubernetes(3000),
        declaration.kubernetes("on").internal(9090).container("app"),
        declaration
            .kubernetes(65_535)
            .period(Duration::from_secs(30))
            .pre_stop(Duration::from_millis(2_500)),
        declaration
            .kubernetes(80)
            .start_within(long)
            .pre_stop(long)
            .period(long),
        many.into_declaration().unwrap().kubernetes(80),
    ];
    let manifests: Vec<_> = generated.iter().map(workloads).collect();
    assert_valid(&manifests.join("---\n"));
}

#[test]
fn the_schemas_refuse_what_kubernetes_does_not_know() {
    let manifest = workloads(&Declaration::of::<AppState>().unwrap().kubernetes(80));
    for (right, wrong) in [("periodSeconds:", "periodSecond:"), ("port: 80", "port: [80]")] {
        let verdict = validated(&manifest.replace(right, wrong));
        assert!(verdict.is_none_or(|verdict| verdict.is_err()), "{wrong}");
    }
}

#[tokio::test]
async fn a_running_service_generates_what_its_type_declares_and_knows_its_startup_tasks() {
    #[derive(Clone, HealthState)]
    struct Orders {
        #[health_check(critical)]
        db: Flag,
    }
    let health = Orders { db: Flag::healthy() }.start_health();
    let declared = Declaration::of::<Orders>().unwrap();
    assert_eq!(health.kubernetes(80).to_yaml(), declared.kubernetes(80).to_yaml());
    assert_eq!(health.describe().to_string(), declared.describe().to_string());

    let task = health.startup_task("migrations");
    assert!(
        health
            .kubernetes(80)
            .to_yaml()
            .contains("# waits for the startup tasks\n")
    );
    task.done();
}
