//! A client with generated code: the one of `tonic-health`, and `List`, which that crate does not have.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use health_tests::until;
use http::uri::PathAndQuery;
use tonic::codec::Streaming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_prost::ProstCodec;

#[derive(Clone, PartialEq, prost::Message)]
struct HealthListRequest {}

#[derive(Clone, PartialEq, prost::Message)]
struct HealthListResponse {
    #[prost(btree_map = "string, message", tag = "1")]
    statuses: BTreeMap<String, HealthCheckResponse>,
}

#[derive(Clone, Debug)]
pub(super) struct Client(Channel);

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URL");
        Self(endpoint.connect_lazy())
    }

    fn health(&self) -> HealthClient<Channel> {
        HealthClient::new(self.0.clone())
    }

    pub(super) async fn check(&self, service: &str) -> Result<ServingStatus, Code> {
        let answer = self.health().check(request(service)).await;
        answer
            .map(|answer| answer.get_ref().status())
            .map_err(|status| status.code())
    }

    pub(super) async fn watch(&self, service: &str) -> Result<Watch, Status> {
        let stream = self.health().watch(request(service)).await?;
        Ok(Watch(stream.into_inner()))
    }

    pub(super) async fn list(&self) -> BTreeMap<String, ServingStatus> {
        let mut client = tonic::client::Grpc::new(self.0.clone());
        client.ready().await.expect("it is connected");
        let path = PathAndQuery::from_static("/grpc.health.v1.Health/List");
        let codec = ProstCodec::<_, HealthListResponse>::default();
        let answer = client.unary(Request::new(HealthListRequest {}), path, codec).await;
        let list = answer.expect("it answers").into_inner().statuses;
        list.into_iter().map(|(name, answer)| (name, answer.status())).collect()
    }

    /// Waits until the service has this status.
    pub(super) async fn settled(&self, service: &str, status: ServingStatus) {
        until("the service has the status", async || {
            (self.check(service).await == Ok(status)).then_some(())
        })
        .await;
    }

    pub(super) fn channel(&self) -> Channel {
        self.0.clone()
    }
}

pub(super) fn request(service: &str) -> HealthCheckRequest {
    let service = service.to_owned();
    HealthCheckRequest { service }
}

pub(super) struct Watch(Streaming<HealthCheckResponse>);

impl Watch {
    /// The next status, or the code with which the stream ends.
    pub(super) async fn next(&mut self) -> Result<ServingStatus, Code> {
        let message = tokio::time::timeout(Duration::from_secs(20), self.0.message());
        match message.await.expect("it goes on") {
            Ok(Some(answer)) => Ok(answer.status()),
            Ok(None) => Err(Code::Ok),
            Err(status) => Err(status.code()),
        }
    }
}
