use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::sync::mpsc;

/// A file that is made while it is sent: two parts of it are in memory, however long it is.
struct Download(mpsc::Receiver<Result<Bytes, Unfinished>>);

/// The rest could not be made. The connection breaks off, so that nobody takes a part for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the rest could not be read")]
pub(super) struct Unfinished;

/// Where the maker of a file puts its parts.
pub(super) struct Writer(mpsc::Sender<Result<Bytes, Unfinished>>);

impl Writer {
    /// False: nobody takes it any more.
    pub(super) async fn write(&self, part: String) -> bool {
        part.is_empty() || self.0.send(Ok(part.into())).await.is_ok()
    }
}

impl hyper::body::Body for Download {
    type Data = Bytes;
    type Error = Unfinished;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unfinished>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data)))
    }
}

/// A file to keep. `make` writes it, for as long as somebody takes it.
pub(super) fn download<F>(name: &str, kind: &'static str, make: impl FnOnce(Writer) -> F) -> Response
where
    F: Future<Output = Result<(), Unfinished>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(1);
    let making = make(Writer(sender.clone()));
    tokio::spawn(async move {
        if let Err(unfinished) = making.await {
            // Whoever has gone away is not told.
            let _ = sender.send(Err(unfinished)).await;
        }
    });
    let name = format!("attachment; filename=\"{name}\"");
    let fields = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)];
    (fields, Body::new(Download(receiver))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_file_comes_whole_or_breaks_off() {
        let whole = download("a.csv", "text/csv", |writer| async move {
            for part in ["a", "", "b", "c"] {
                writer.write(part.to_owned()).await;
            }
            Ok(())
        });
        assert_eq!(whole.headers()[CONTENT_DISPOSITION], "attachment; filename=\"a.csv\"");
        assert_eq!(to_bytes(whole.into_body(), 100).await.expect("whole"), "abc");
        let half = download("a.csv", "text/csv", |writer| async move {
            writer.write("a".to_owned()).await;
            Err(Unfinished)
        });
        assert!(to_bytes(half.into_body(), 100).await.is_err());
    }

    /// Nothing is made for nobody.
    #[tokio::test]
    async fn the_maker_hears_that_nobody_takes_it() {
        let (told, hears) = tokio::sync::oneshot::channel();
        let abandoned = download("a.csv", "text/csv", |writer| async move {
            let mut parts = 0_u32;
            while writer.write("part".to_owned()).await {
                parts += 1;
            }
            let _ = told.send(parts);
            Ok(())
        });
        drop(abandoned);
        assert!(hears.await.expect("ends") <= 2);
    }
}
