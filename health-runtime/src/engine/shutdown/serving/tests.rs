use super::*;

fn ms(millis: u64) -> Time {
    Duration::from_millis(millis)
}

fn round(serving: &Serving) -> u32 {
    serving.round()
}

#[test]
fn a_service_without_listeners_settles_at_once() {
    let serving = Serving::new();
    serving.close(ms(0));
    assert!(serving.has_settled(ms(50)));
}

#[test]
fn a_listener_settles_when_it_has_answered_two_rounds_and_nothing_is_fresh() {
    let serving = Serving::new();
    let listener = serving.listener();
    let mut connection = listener.connection();
    assert_eq!((serving.open(), serving.fresh()), (1, 1));
    for tick in 1..=4 {
        assert!(!serving.has_settled(ms(50 * tick)));
        serving.close(ms(50 * tick));
        listener.answer(round(&serving));
    }
    assert!(!serving.has_settled(ms(250)), "a connection is fresh");
    connection.tried_to_read();
    assert!(serving.has_settled(ms(250)));
    drop(connection);
    assert_eq!((serving.open(), serving.fresh()), (0, 0));
}

#[test]
fn a_round_waits_for_the_slowest_listener() {
    let serving = Serving::new();
    let (quick, slow) = (serving.listener(), serving.listener());
    for tick in 0..10 {
        serving.close(ms(50 * tick));
        quick.answer(round(&serving));
        assert_eq!(round(&serving), 1);
        assert!(!serving.has_settled(ms(50 * tick)));
    }
    slow.answer(1);
    serving.close(ms(500));
    quick.answer(2);
    assert!(!serving.has_settled(ms(550)));
    slow.answer(2);
    assert!(serving.has_settled(ms(550)));
}

#[test]
fn late_ticks_repeat_a_round_only_a_limited_number_of_times() {
    let serving = Serving::new();
    let listener = serving.listener();
    let mut now = ms(0);
    let mut rounds = 0;
    while !serving.has_settled(now) {
        serving.close(now);
        listener.answer(round(&serving));
        now += ms(200);
        rounds += 1;
    }
    assert_eq!(rounds, ROUNDS + MOST_LATE);
}

#[test]
fn a_service_is_idle_if_no_connection_is_open_and_none_was_for_a_while() {
    let serving = Serving::new();
    assert!(!serving.is_idle(ms(0)), "unknown without a listener");
    let listener = serving.listener();
    assert!(serving.is_idle(ms(60_000)), "no client has ever connected");
    let connection = listener.connection();
    assert!(!serving.is_idle(ms(0)), "a connection is open");
    drop(connection);
    assert!(!serving.is_idle(ms(60_000)), "a connection has just closed");
    assert!(serving.is_idle(ms(0)));
    drop(listener);
    assert!(serving.is_idle(ms(0)), "also after the listener is gone");
}
