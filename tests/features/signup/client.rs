//! One connection to the service.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// An HTTP client that keeps its connection alive.
#[derive(Debug)]
pub(super) struct Client {
    sender: SendRequest<Full<Bytes>>,
    address: String,
}

impl Client {
    pub(super) async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the service takes connections");
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .expect("the service speaks HTTP");
        tokio::spawn(connection);
        Self {
            sender,
            address: address.to_owned(),
        }
    }

    /// The status and the JSON of the answer; an error where the connection was closed before there was one.
    pub(super) async fn request(
        &mut self,
        method: Method,
        path: &str,
        body: impl Into<String>,
    ) -> Result<(StatusCode, Value), hyper::Error> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.address)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.into()))
            .expect("a request as it should be");
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        let value = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).expect("JSON")
        };
        Ok((status, value))
    }

    pub(super) async fn get(&mut self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, "").await
    }

    pub(super) async fn ask(&mut self, method: Method, path: &str, body: &str) -> (u16, Value) {
        let (status, value) = self.request(method, path, body).await.expect("an answer");
        (status.as_u16(), value)
    }
}
