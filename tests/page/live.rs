//! An open page follows the service, and works without JavaScript.

use std::time::Duration;

use health_page::{Browser, Served, Service, failing};
use health_runtime::{CheckSpec, Flag, Health};
use tokio::runtime::Runtime;

/// What the page promises for a change.
const SOON: Duration = Duration::from_secs(2);

const PATIENCE: Duration = Duration::from_secs(20);

const IS_LIVE: &str = "document.getElementById('live').textContent === 'Live'";

/// A service on a real clock, which reports what its flags say.
struct Running {
    health: Health,
    db: Flag,
    cache: Flag,
    served: Served,
    _runtime: Runtime,
}

impl Running {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let guard = runtime.enter();
        let (db, cache) = (Flag::healthy(), Flag::healthy());
        let mut builder = Health::builder(())
            .name("orders")
            .check(CheckSpec::new("db").critical(), db.clone())
            .check(CheckSpec::new("cache"), cache.clone());
        for name in [
            "payments", "search", "mail", "reports", "ledger", "stock", "prices", "users",
        ] {
            builder = builder.check(CheckSpec::new(name), Flag::healthy());
        }
        let health = builder.drain(Duration::from_mins(1)).start();
        let served = Served::at(health.serve_internal("127.0.0.1:0").unwrap());
        drop(guard);
        Self {
            health,
            db,
            cache,
            served,
            _runtime: runtime,
        }
    }

    /// A browser with the page, after its first update.
    fn opened(&self) -> Option<Browser> {
        let mut browser = Browser::start()?;
        browser.open(&self.served.url());
        browser.until("document.querySelector('.state').textContent === 'healthy'", PATIENCE);
        browser.eval("window.isTheSame = true");
        next_update(&mut browser);
        Some(browser)
    }
}

/// Waits until the page shows a later time.
fn next_update(browser: &mut Browser) {
    let shown = browser.eval("document.getElementById('at').dateTime");
    browser.until(&format!("document.getElementById('at').dateTime !== {shown}"), PATIENCE);
}

#[test]
fn a_failing_check_shows_within_two_seconds_without_a_reload() {
    let service = Running::new();
    let Some(mut browser) = service.opened() else { return };
    let icon = browser.eval("document.getElementById('icon').href");
    service.db.set_unhealthy("connection refused");
    browser.until("document.querySelector('.state').textContent === 'unhealthy'", SOON);
    assert!(
        browser.text().contains("db fails (connection refused)"),
        "{}",
        browser.text()
    );
    assert_eq!(browser.eval("document.querySelector('#check-db details').open"), true);
    assert_eq!(browser.eval("document.title"), "orders: unhealthy");
    assert_ne!(browser.eval("document.getElementById('icon').href"), icon);
    assert_eq!(
        browser.eval("document.querySelector('main [aria-live]').textContent"),
        "orders unhealthy: db"
    );
    service.db.set_healthy();
    browser.until("document.querySelector('.state').textContent === 'healthy'", SOON);
    assert_eq!(browser.eval("window.isTheSame"), true, "the page was loaded again");
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
fn an_update_keeps_what_the_reader_has_opened_and_focused() {
    let service = Running::new();
    let Some(mut browser) = service.opened() else { return };
    browser.eval("document.querySelector('#check-cache summary').click()");
    browser.eval("document.querySelector('#check-cache summary').focus({ preventScroll: true }); scrollTo(0, 120)");
    let place = "document.activeElement.closest('li').id + ' ' + scrollY";
    let is_open = "document.querySelector('#check-cache details').open";
    next_update(&mut browser);
    assert_eq!(browser.eval(place), "check-cache 120");
    assert_eq!(browser.eval(is_open), true);
    // It moves from one list to another.
    service.cache.set_unhealthy("gone");
    browser.until(
        "!!document.querySelector('section[aria-labelledby=failing] #check-cache')",
        SOON,
    );
    assert_eq!(browser.eval("document.activeElement.closest('li').id"), "check-cache");
    // Closed by the reader, it stays closed.
    browser.eval("document.querySelector('#check-cache summary').click()");
    next_update(&mut browser);
    assert_eq!(browser.eval(is_open), false);
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
fn a_screen_reader_hears_only_of_changes() {
    let service = Running::new();
    let Some(mut browser) = service.opened() else { return };
    browser.eval(
        "window.heard = 0;
         new MutationObserver((changes) => { heard += changes.length; }).observe(
             document.querySelector('main [aria-live]'), { childList: true, characterData: true, subtree: true })",
    );
    next_update(&mut browser);
    next_update(&mut browser);
    assert_eq!(browser.eval("heard"), 0, "the times change, and the state does not");
    service.db.set_unhealthy("gone");
    browser.until("heard > 0", SOON);
}

#[test]
fn the_event_stream_ends_when_the_drain_begins() {
    let service = Running::new();
    let Some(mut browser) = service.opened() else { return };
    service.health.drain();
    browser.until("document.querySelector('.state').textContent === 'draining'", SOON);
    // The script says so once the browser has closed the stream for good.
    let has_ended = "document.getElementById('live').textContent.startsWith('Live updates have ended')";
    browser.until(has_ended, PATIENCE);
    assert_eq!(browser.statuses().last(), Some(&204));
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
fn a_page_without_answers_says_that_it_is_out_of_date_and_recovers() {
    let service = Service::new(failing).lived_for(3);
    let mut served = service.internal();
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&served.url());
    browser.until(IS_LIVE, PATIENCE);
    served.end();
    browser.until(
        "document.getElementById('live').textContent.startsWith('No answer since')",
        PATIENCE,
    );
    let _served = service.internal_at(served.address);
    browser.until(IS_LIVE, PATIENCE);
}

#[test]
fn the_public_page_is_live_too() {
    let service = Service::new(failing).lived_for(3);
    let served = service.public();
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&served.url());
    browser.until("document.querySelector('.state').textContent === 'healthy'", PATIENCE);
    service.health.force("payments", Err::<(), _>("card network"));
    browser.until("document.querySelector('.state').textContent === 'unhealthy'", SOON);
    assert!(!browser.text().contains("card network"));
}

#[test]
fn the_page_works_without_javascript() {
    let service = Service::new(failing).lived_for(80);
    let served = service.internal();
    let Some(mut browser) = Browser::start() else { return };
    browser.without_scripts();
    browser.open(&served.url());
    let text = browser.text();
    for shown in [
        "unhealthy",
        "orders-db fails",
        "connection refused",
        "This page loads again every 5 s.",
    ] {
        assert!(text.contains(shown), "{shown:?} is missing: {text}");
    }
    browser.again(); // the page loads again by itself
    assert!(browser.text().contains("orders-db fails"));
}
