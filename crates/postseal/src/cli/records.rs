use std::fmt::Write as _;

use clap::Args;

use super::Status;
use super::domain::At;
use super::node_client::{NodeClient, block_on, domain_name};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::Record;
use crate::words::Lang;

/// The DNS records that the owner of a domain is to publish
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RecordsArgs {
    /// The domain
    domain: String,
    #[command(flatten)]
    at: At,
}

const EXAMPLES: &str = "\
Example:
  postseal records contoso.example > contoso.zone";

pub(super) fn run(args: &RecordsArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let (node, lang) = (NodeClient::new(&args.at.node, terminal)?, terminal.lang);
    let name = domain_name(&args.domain, lang)?;
    let work = async {
        let organisation = node.organisation(&args.at.organisation).await?;
        node.client.records(&organisation, &name).await.map_err(|error| node.problem(error))
    };
    let records = block_on(work, lang)?;
    if terminal.json {
        terminal.print_json(&records)?;
    } else {
        terminal.print(&zone(&records, lang))?;
    }
    Ok(Status::Good)
}

/// Lines of a zone file, with remarks as a zone file has them.
fn zone(records: &[Record], lang: Lang) -> String {
    let mut text = String::new();
    let mut said = "";
    for record in records {
        if record.purpose != said {
            let _ = writeln!(text, "; {}", remark(&record.purpose, lang));
            said = &record.purpose;
        }
        let _ = writeln!(text, "{}", record.zone_line);
    }
    text
}

fn remark(purpose: &str, lang: Lang) -> &'static str {
    match purpose {
        "ownership" => lang.pick("whose the domain is; it stays", "ドメインの所有を示す。残しておくこと"),
        "dkim" => lang.pick("DKIM: the two keys", "DKIM: 二つの鍵"),
        "spf" => lang.pick(
            "SPF: where a record is there already, add the include to it; never publish a second one",
            "SPF: すでにレコードがあれば include を加えること。二つ目を作ってはならない",
        ),
        "dmarc" => lang.pick(
            "DMARC: to begin with, a policy that refuses nothing",
            "DMARC: はじめは何も拒否しないポリシー",
        ),
        _ => "",
    }
}
