//! The stream of a `Watch`: the current status, and then each change.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{BoxStream, Stream, StreamExt as _, unfold};
use tokio::sync::watch;
use tonic::Status;

use crate::engine::{Engine, WeakEngine};
use crate::grpc::services::Subject;
use crate::grpc::status;
use crate::grpc_health_v1::ServingStatus;

/// Clients try again after this status, and reach another server.
pub(super) fn ended() -> Status {
    Status::unavailable("the service shuts down")
}

/// Never has more than one status waiting: it computes the status when the transport has room for it.
pub(super) struct WatchStream(BoxStream<'static, Result<ServingStatus, Status>>);

impl WatchStream {
    /// The stream for this subject, or for an unknown service; `None` after the drain. Then a client gets no message,
    /// because after a message it would try again without a pause.
    pub(super) fn new(engine: &Arc<Engine>, subject: Option<Subject>) -> Option<Self> {
        let moves = engine.moves();
        if *moves.borrow() {
            return None;
        }
        let watched = Watched {
            engine: WeakEngine::new(engine),
            subject,
            moves,
            sent: None,
            has_ended: false,
        };
        Some(Self(unfold(watched, Watched::next).boxed()))
    }
}

impl Stream for WatchStream {
    type Item = Result<ServingStatus, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

/// Does not keep the engine alive.
struct Watched {
    engine: WeakEngine,
    /// `None`: no service has the name.
    subject: Option<Subject>,
    moves: watch::Receiver<bool>,
    sent: Option<ServingStatus>,
    /// The last item has been sent.
    has_ended: bool,
}

impl Watched {
    async fn next(mut self) -> Option<(Result<ServingStatus, Status>, Self)> {
        while !self.has_ended {
            let mut ends = *self.moves.borrow_and_update(); // before the look at the state, so that no change is missed
            let status = self.status(ends);
            if self.sent != Some(status) {
                self.sent = Some(status);
                return Some((Ok(status), self));
            }
            ends = ends || self.moves.changed().await.is_err();
            if ends {
                self.has_ended = true;
                return Some((Err(ended()), self));
            }
        }
        None
    }

    fn status(&self, ends: bool) -> ServingStatus {
        let Some(subject) = &self.subject else {
            return ServingStatus::SERVICE_UNKNOWN;
        };
        let look = || self.engine.look(|engine| status(&engine.view(), subject));
        let status = if ends { None } else { look() };
        status.unwrap_or(ServingStatus::NOT_SERVING)
    }
}
