//! A service with actix-web. It takes the time of its drain in milliseconds as an argument, prints its address, and
//! serves `/orders` and `/busy` until a signal ends it.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use health_runtime::{Flag, Health, HealthState};

#[derive(HealthState)]
struct Orders {
    #[health_check(critical)]
    db: Flag,
}

/// How long the handler of `/busy` blocks its worker.
const BUSY: Duration = Duration::from_millis(800);

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let drain = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let drain = Duration::from_millis(drain.expect("the time of the drain"));
    let orders = web::Data::new(Orders { db: Flag::healthy() });
    let health = Health::builder(orders.clone().into_inner()).drain(drain).start();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let stop = health.actix_shutdown_signal(&listener)?;
    println!("{}", listener.local_addr()?); // signals are handled from here on
    HttpServer::new(move || {
        App::new()
            .wrap(health.actix_drain())
            .configure(health.actix())
            .app_data(orders.clone())
            .route("/orders", web::get().to(async || "[]"))
            .route(
                "/busy",
                web::get().to(async || {
                    thread::sleep(BUSY);
                    "busy"
                }),
            )
    })
    .workers(2)
    .listen(listener)?
    .shutdown_signal(stop)
    .run()
    .await
}
