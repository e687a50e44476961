//! The page in every state of the service, in both color schemes and at two widths: it fits, is accessible, and reports
//! no problem. The pictures are in the folder `page` of the build.

use std::time::Duration;

use health_page::{Browser, Scheme, Served, Service, failing, folder, is_required, many};
use health_runtime::{Health, Public};

const WIDTHS: [u32; 2] = [1280, 390];

/// Opens the page in each look. Each look must fit the window, and have no serious problem of accessibility.
fn look_at(name: &str, served: &Served) {
    let Some(mut browser) = Browser::start() else { return };
    for width in WIDTHS {
        for scheme in [Scheme::Light, Scheme::Dark] {
            browser.view(width, scheme);
            browser.open(&served.url());
            let look = format!("{name}-{width}-{}", scheme.as_str());
            let overflow = browser.eval("document.documentElement.scrollWidth - innerWidth");
            browser.screenshot(&look, width);
            assert!(
                overflow.as_i64().unwrap() <= 0,
                "{look} is {overflow} px wider than the window"
            );
            let violations = violations(&mut browser);
            assert!(violations.is_empty(), "{look}: {violations:#?}");
        }
    }
    assert_eq!(browser.problems(), [""; 0], "{name}");
    let elsewhere: Vec<_> = browser
        .requested()
        .into_iter()
        .filter(|url| *url != served.url() && !url.starts_with("data:"))
        .collect();
    assert_eq!(elsewhere, [""; 0], "{name} asks for nothing but itself");
}

/// What axe-core finds that is serious or critical.
fn violations(browser: &mut Browser) -> Vec<String> {
    let script = folder("axe").join("axe.min.js");
    let Ok(script) = std::fs::read_to_string(script) else {
        assert!(!is_required(), "axe-core is not installed: run .ci/clients");
        eprintln!("skipped: axe-core is not installed");
        return Vec::new();
    };
    browser.eval(&format!("{script}; 0"));
    let found = browser.eval(
        "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html + ' ' + node.failureSummary).join('; ')}`))",
    );
    found.as_array().unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn a_ready_service() {
    look_at("ready", &Service::ready().internal());
}

#[test]
fn a_degraded_service() {
    look_at("degraded", &Service::degraded().internal());
}

#[test]
fn a_failing_service_shows_the_cause_before_what_follows() {
    let service = Service::new(failing).lived();
    let served = service.internal();
    look_at("failing", &served);
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&served.url());
    let order = browser.eval("[...document.querySelectorAll('h3')].map((name) => name.textContent).join(' ')");
    assert_eq!(
        order,
        "orders-db ledger reports tenants cache payments billing.invoices disk"
    );
    let below = browser.eval("!!document.querySelector('#check-orders-db #check-ledger')");
    assert_eq!(below, true, "what follows stands below its cause");
}

#[test]
fn a_starting_service() {
    let (service, _tasks) = Service::starting();
    look_at("starting", &service.internal());
}

#[test]
fn a_held_service() {
    let service = Service::ready();
    let _hold = service.health.hold("upgrade of the database");
    service.health.advance(Duration::from_secs(90));
    look_at("held", &service.internal());
}

#[test]
fn a_draining_service() {
    let service = Service::ready();
    let served = service.internal();
    service.health.drain();
    service.health.advance(Duration::from_secs(3));
    look_at("draining", &served);
}

#[test]
fn a_stalled_service() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let guard = runtime.enter();
    let health = Health::builder(())
        .name("orders")
        .version("1.4.2")
        .stalled_after(Duration::from_secs(1))
        .start();
    let address = health.serve_internal("127.0.0.1:0").unwrap();
    drop(guard);
    // Nothing drives the runtime.
    let is_stalled = || health.report(health_runtime::Probe::Health).reason == Some(health_runtime::Reason::Stalled);
    health_page::until("it is stalled", Duration::from_secs(20), || is_stalled().then_some(()));
    look_at("stalled", &Served::at(address));
}

#[test]
fn a_service_without_checks() {
    look_at("no-checks", &Service::new(|builder, _| builder).lived().internal());
}

#[test]
fn a_service_with_many_checks() {
    look_at("many", &Service::new(many).lived_for(12).internal());
}

#[test]
fn the_public_page() {
    look_at("public", &Service::new(failing).lived().public());
}

#[test]
fn the_public_page_of_a_service_that_tells_only_its_status() {
    let service = Service::new(|builder, run| failing(builder, run).public(Public::StatusOnly)).lived();
    let served = service.public();
    look_at("status-only", &served);
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&served.url());
    assert_eq!(browser.text().lines().next(), Some("unhealthy"));
    assert!(!browser.text().contains("orders"));
}
