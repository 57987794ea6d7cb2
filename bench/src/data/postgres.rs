//! Postgres' tables, by `COPY`.

use std::fmt::Write;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio_postgres::{Client, NoTls};

use super::rows::{item, post, user};
use crate::workload::{POSTS, ROWS, USERS};
use crate::{Result, RuntimeKind};

pub(super) fn fill(url: &str) -> Result<()> {
    RuntimeKind::TokioCurrentThread.start()?.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let driver = tokio::spawn(connection);
        client
            .batch_execute(
                "CREATE TABLE items (
                    id bigint NOT NULL,
                    name text NOT NULL,
                    note text,
                    qty integer NOT NULL,
                    price double precision NOT NULL,
                    active boolean NOT NULL
                );
                CREATE TABLE users (
                    id bigint NOT NULL,
                    name text NOT NULL,
                    email text NOT NULL,
                    karma integer NOT NULL
                );
                CREATE TABLE posts (
                    id bigint NOT NULL,
                    user_id bigint NOT NULL,
                    title text NOT NULL,
                    body text NOT NULL,
                    score integer NOT NULL
                )",
            )
            .await?;
        copy(&client, "items", ROWS, |text, id| {
            let row = item(id);
            let note = row.note.as_deref().unwrap_or("\\N");
            let active = if row.active { 't' } else { 'f' };
            writeln!(
                text,
                "{}\t{}\t{note}\t{}\t{}\t{active}",
                row.id, row.name, row.qty, row.price
            )
        })
        .await?;
        copy(&client, "users", USERS, |text, id| {
            let row = user(id);
            writeln!(
                text,
                "{}\t{}\t{}\t{}",
                row.id, row.name, row.email, row.karma
            )
        })
        .await?;
        copy(&client, "posts", POSTS, |text, id| {
            let row = post(id);
            writeln!(
                text,
                "{}\t{}\t{}\t{}\t{}",
                row.id, row.user_id, row.title, row.body, row.score
            )
        })
        .await?;
        client
            .batch_execute(
                "ALTER TABLE items ADD PRIMARY KEY (id);
                 ALTER TABLE users ADD PRIMARY KEY (id);
                 ALTER TABLE posts ADD PRIMARY KEY (id);
                 ALTER TABLE posts ADD FOREIGN KEY (user_id) REFERENCES users (id);
                 CREATE INDEX posts_user ON posts (user_id)",
            )
            .await?;
        // Now, and not by itself in the middle of a measurement.
        for statement in ["VACUUM (FREEZE, ANALYZE)", "CHECKPOINT"] {
            client.batch_execute(statement).await?;
        }
        drop(client);
        driver.await??;
        Ok(())
    })
}

async fn copy(
    client: &Client,
    table: &str,
    rows: i64,
    line: impl Fn(&mut String, i64) -> std::fmt::Result,
) -> Result<()> {
    let sink = client.copy_in(&format!("COPY {table} FROM STDIN")).await?;
    let mut sink = std::pin::pin!(sink);
    let mut text = String::new();
    for id in 1..=rows {
        line(&mut text, id)?;
        if text.len() > 60_000 {
            sink.send(Bytes::from(std::mem::take(&mut text))).await?;
        }
    }
    sink.send(Bytes::from(text)).await?;
    sink.finish().await?;
    Ok(())
}
