//! What the cases ask of streams, for each kind of client.

use yamabiko::blocking;
use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::Buffa;

use super::super::support::{PATIENCE, streams, text};
use super::world::{Client, World};

impl World {
    /// What a call that counts so far gives.
    pub fn down(&self, last: u32) -> Vec<String> {
        let request = last.to_string();
        match &self.client {
            Client::Tokio(_) => self.on_tokio(|channel| async move {
                let mut stream = streams::down(&channel, &request).await.expect("a stream");
                let mut all = Vec::new();
                while let Some(message) = stream.message().await.expect("no failure") {
                    all.push(message.value);
                }
                all
            }),
            Client::Blocking(channel) => {
                let path = "/test.Streams/Down";
                let call = blocking::server_streaming::<Buffa, _, StringValue>;
                let call = call(channel, path, text(request)).timeout(PATIENCE);
                let stream = call.send().expect("a stream");
                stream.map(|message| message.expect("no failure").value).collect()
            }
        }
    }

    /// The parts, joined by the server.
    pub fn up(&self, parts: &[String]) -> String {
        let parts: Vec<_> = parts.iter().map(text).collect();
        match &self.client {
            Client::Tokio(_) => self.on_tokio(|channel| async move {
                let requests: yamabiko::Requests<_> = parts.into_iter().collect();
                streams::up(&channel, requests).await.expect("an answer").value
            }),
            Client::Blocking(channel) => {
                let path = "/test.Streams/Up";
                let call = blocking::client_streaming::<Buffa, StringValue, StringValue>;
                let call = call(channel, path, parts).timeout(PATIENCE);
                call.send().expect("an answer").value
            }
        }
    }

    /// What comes back, when each is sent after the answer to the one before.
    pub fn both(&self, texts: &[String]) -> Vec<String> {
        let texts: Vec<_> = texts.iter().map(text).collect();
        match &self.client {
            Client::Tokio(_) => self.on_tokio(|channel| async move {
                let (mut sender, requests) = yamabiko::channel();
                let mut echo = streams::both(&channel, requests).await.expect("a stream");
                let mut all = Vec::new();
                for text in texts {
                    sender.send(text).await.expect("it is read");
                    all.push(echo.message().await.expect("no failure").expect("an echo").value);
                }
                drop(sender);
                assert!(echo.message().await.expect("no failure").is_none());
                all
            }),
            Client::Blocking(channel) => {
                let (mut sender, requests) = blocking::channel();
                let path = "/test.Streams/Both";
                let call = blocking::bidi_streaming::<Buffa, StringValue, StringValue>;
                let call = call(channel, path, requests).timeout(PATIENCE);
                let mut echo = call.send().expect("a stream");
                let mut all = Vec::new();
                for text in texts {
                    sender.send(text).expect("it is read");
                    all.push(echo.message().expect("no failure").expect("an echo").value);
                }
                drop(sender);
                assert!(echo.message().expect("no failure").is_none());
                all
            }
        }
    }
}
