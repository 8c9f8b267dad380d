//! The channels of `config.yaml`. Never lets an address stand in it that is a secret.

use crate::base::{Value, json};
use crate::runbook::webhook::{Address, NoAddress, Occasion, Webhook};

use super::node::Node;
use super::{Report, wire};

/// More than a team has; each may hold a connection open while it does not answer.
const MOST: usize = 8;

/// What may stand under `webhooks`.
pub(super) fn schema() -> Value {
    let occasions = Occasion::ALL.map(Occasion::word);
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "name": { "type": "string", "minLength": 1, "maxLength": 60 },
                "url": { "type": "string", "minLength": 1 },
                "occasions": { "type": "array", "minItems": 1, "items": { "type": "string", "enum": occasions } },
                "drills": { "type": "boolean" }
            },
            "required": ["name", "url"],
            "additionalProperties": false
        }
    })
}

/// The channels, in the order of the file.
pub(super) fn read(root: &Node, written: Vec<wire::Webhook>, report: &mut Report) -> Vec<Webhook> {
    let nodes = root.get("webhooks").map_or(&[][..], Node::items);
    if let Some(one_more) = nodes.get(MOST) {
        report.error(one_more.place, "too-many", format!("{} channels are told", nodes.len()), format!("at most {MOST} can be"));
    }
    let mut webhooks: Vec<Webhook> = Vec::new();
    for (node, written) in nodes.iter().zip(written) {
        let place = |key: &str| node.get(key).map_or_else(|| node.first_place(), |value| value.place);
        let name = written.name.trim().to_owned();
        if webhooks.iter().any(|other| other.name == name) {
            report.error(
                place("name"),
                "duplicate-id",
                format!("two channels are called `{name}`"),
                "the timeline tells them by their names",
            );
        }
        let address = Address::parse(written.url.trim()).map_err(|why| match why {
            NoAddress::Secret => {
                let message = "whoever reads this address may write to the channel, and these settings are copied beside each journal";
                let help = "put it into a variable and write `env:NAME`, or into a file that only you may read and write `file:/PATH`";
                report.error(place("url"), "password", message, help);
            }
            NoAddress::Unfit(why) => {
                let help = "`env:NAME`, `file:/PATH`, or an address without a secret";
                report.error(place("url"), "bad-address", format!("where the channel is cannot be read: it {why}"), help);
            }
        });
        let occasions = match written.occasions {
            None => Occasion::ALL.to_vec(),
            Some(words) => Occasion::ALL.into_iter().filter(|occasion| words.iter().any(|word| word == occasion.word())).collect(),
        };
        if let Ok(address) = address {
            webhooks.push(Webhook { name, address, occasions, drills: written.drills });
        }
    }
    webhooks
}
