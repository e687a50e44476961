//! Every form of function that `with` can name.
#![deny(warnings)]

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use health_runtime::{CheckResult, HealthState, Outcome, Status};

#[derive(Clone)]
struct Client(u8);

impl Client {
    async fn ping(&self) -> Result<(), std::io::Error> {
        if self.0 == 0 {
            Ok(())
        } else {
            Err(std::io::Error::other("no"))
        }
    }
}

trait Pinged {
    async fn trait_ping(&self) -> bool;
}

impl Pinged for Client {
    async fn trait_ping(&self) -> bool {
        true
    }
}

mod free {
    pub mod deep {
        pub async fn ping(_: &crate::Client) -> crate::CheckResult {
            Err("no")?
        }
    }
}

fn sync(client: &Client) -> Result<Status, String> {
    if client.0 == 0 {
        Ok(Status::Healthy)
    } else {
        Err("no".into())
    }
}

fn nothing(_: &Client) {}

async fn nothing_async(_: &Client) {}

const fn constant(_: &Client) -> bool {
    true
}

fn boxed(client: &Client) -> Pin<Box<dyn Future<Output = CheckResult> + Send + '_>> {
    Box::pin(async move {
        Ok(if client.0 == 0 {
            Outcome::healthy()
        } else {
            Outcome::degraded("slow")
        })
    })
}

fn returned(client: &Client) -> impl Future<Output = Status> + Send + use<> {
    let passes = client.0 == 0;
    async move { if passes { Status::Healthy } else { Status::Unhealthy } }
}

async fn generic<T: Sync, U>(_: &T) -> Option<U>
where
    Option<U>: Send,
{
    None
}

async fn typed<T, const N: usize>(_: &Client) -> Result<(), &'static str> {
    let _ = PhantomData::<(T, [u8; N])>;
    Ok(())
}

async fn text(text: &str) -> bool {
    text.is_empty()
}

fn slice(items: &[u8]) -> bool {
    items.is_empty()
}

async fn optional(client: &Option<Client>) -> bool {
    client.is_some()
}

trait Mailer: Send + Sync {
    fn ready(&self) -> bool;
}

impl Mailer for Client {
    fn ready(&self) -> bool {
        self.0 == 0
    }
}

async fn mail(mailer: &dyn Mailer) -> bool {
    mailer.ready()
}

fn any_mail<M: Mailer + ?Sized>(mailer: &M) -> bool {
    mailer.ready()
}

trait Queue: Mailer {}

impl Queue for Client {}

fn shared_client(client: &Arc<Client>) -> bool {
    client.ready()
}

fn text_itself(text: &str) -> bool {
    !text.is_empty()
}

type Mail = Arc<dyn Mailer>;

static POINTER: fn(&Client) -> bool = constant;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = Client::ping)]
    method: Client,
    #[health_check(with = <Client as Pinged>::trait_ping)]
    qualified: Client,
    #[health_check(with = Pinged::trait_ping)]
    by_trait: Client,
    #[health_check(with = Self::check_here)]
    associated: Client,
    #[health_check(with = self::free::deep::ping)]
    deep: Client,
    #[health_check(with = crate::free::deep::ping)]
    absolute: Client,
    #[health_check(with = sync)]
    sync: Client,
    #[health_check(with = nothing)]
    nothing: Client,
    #[health_check(with = nothing_async)]
    nothing_async: Client,
    #[health_check(with = constant)]
    constant: Client,
    #[health_check(with = boxed)]
    boxed: Client,
    #[health_check(with = returned)]
    returned: Client,
    #[health_check(with = typed::<Vec<(u8, u16)>, 3>, timeout = "1s")]
    typed: Client,
    #[health_check(with = <Wrapper<fn(u8) -> u8, u8>>::ping, timeout = "1s")]
    arrow: Client,
    #[health_check(with = text)]
    string: String,
    #[health_check(with = str::is_empty)]
    std_method: String,
    #[health_check(with = slice)]
    items: Vec<u8>,
    #[health_check(with = optional)]
    optional: Option<Client>,
    #[health_check(with = mail)]
    shared: Arc<dyn Mailer>,
    #[health_check(with = mail)]
    alias: Mail,
    #[health_check(with = any_mail)]
    by_bound: Mail,
    #[health_check(with = Mailer::ready)]
    by_its_trait: Arc<dyn Mailer>,
    #[health_check(with = mail)]
    auto_traits: Arc<dyn Mailer + Send + Sync>,
    #[health_check(with = mail)]
    sub_trait: Arc<dyn Queue>,
    #[health_check(with = shared_client)]
    sized: Arc<Client>,
    #[health_check(with = text_itself)]
    shared_text: Arc<str>,
    #[health_check(with = mail)]
    in_full: std::sync::Arc<dyn Mailer + 'static>,
    #[health_check(with = POINTER)]
    pointer: Client,
}

#[derive(HealthState)]
struct Boxed {
    #[health_check(with = mail)]
    boxed: Box<dyn Mailer>,
    #[health_check(with = mail)]
    sendable: &'static (dyn Mailer + Send),
    #[health_check(with = mail)]
    borrowed: &'static (dyn Mailer + 'static),
}

struct Wrapper<A, B>(PhantomData<(A, B)>);

impl<A, B> Wrapper<A, B> {
    async fn ping(_: &Client) {}
}

impl AppState {
    async fn check_here(client: &Client) -> CheckResult {
        client.ping().await?;
        Ok(Outcome::healthy())
    }
}

fn main() {
    let _ = generic::<u8, u8>;
    let _ = AppState::register;
    let _ = Boxed::register;
    let _ = || {
        std::sync::Arc::new(Boxed {
            boxed: Box::new(Client(0)),
            sendable: &Client(0),
            borrowed: &Client(0),
        })
        .start_health()
    };
}
