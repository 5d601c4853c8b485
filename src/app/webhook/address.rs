//! Which addresses a webhook may lead to. Whoever registers one lets the server ask where they could not ask
//! themselves, so only public addresses are asked, and those that the operator names.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use url::{Host, Url};

/// What the operator allows beside public addresses over https.
#[derive(Debug, Clone, Default)]
pub struct Allowed(Vec<Rule>);

/// A name, or a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Host(String),
    Network(IpAddr, u8),
}

impl Allowed {
    /// These.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// Whether a webhook can lead there at all; why not. What its name leads to is looked at when it is asked.
    pub(super) fn check(&self, url: &Url) -> Result<(), &'static str> {
        const NOT_PUBLIC: &str = "must be a public address, or one that this server is told to allow";
        const PLAIN: &str = "must begin with https://, unless this server is told to allow the address";
        let why = if url.scheme() == "http" { PLAIN } else { NOT_PUBLIC };
        match url.host() {
            Some(Host::Domain(name)) => {
                let has_networks = self.0.iter().any(|it| matches!(it.0, Kind::Network(..)));
                if url.scheme() == "https" || self.has_host(name) || has_networks { Ok(()) } else { Err(why) }
            }
            Some(Host::Ipv4(it)) if !self.permits(url, it.into()) => Err(why),
            Some(Host::Ipv6(it)) if !self.permits(url, it.into()) => Err(why),
            Some(_) => Ok(()),
            None => Err("must be a complete address"),
        }
    }

    /// Whether this address may be asked, now that it is about to be connected to.
    pub fn permits(&self, url: &Url, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let is_named = self.0.iter().any(|it| match &it.0 {
            Kind::Host(name) => url.host_str() == Some(name),
            Kind::Network(network, length) => contains(*network, *length, address),
        });
        is_named || (url.scheme() == "https" && is_public(address))
    }

    fn has_host(&self, name: &str) -> bool {
        self.0.iter().any(|it| matches!(&it.0, Kind::Host(host) if host == name))
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must be a host name, an IP address or a network such as 10.0.0.0/8".to_owned();
        let (address, length) = text.split_once('/').map_or((text, None), |(it, length)| (it, Some(length)));
        if let Ok(address) = address.parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let length = length.map_or(Some(most), |it| it.parse().ok()).filter(|it| *it <= most);
            return Ok(Self(Kind::Network(address, length.ok_or_else(wrong)?)));
        }
        match Host::parse(text) {
            Ok(Host::Domain(name)) if length.is_none() => Ok(Self(Kind::Host(name))),
            _ => Err(wrong()),
        }
    }
}

fn contains(network: IpAddr, length: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            same_beginning(network.to_bits().into(), address.to_bits().into(), length + 96)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            same_beginning(network.to_bits(), address.to_bits(), length)
        }
        _ => false,
    }
}

fn same_beginning(one: u128, other: u128, n_bits: u8) -> bool {
    (one ^ other).checked_shr(128 - u32::from(n_bits)).unwrap_or(0) == 0
}

/// Whether an address is one of the public internet: what its registries set aside for anything else is not.
fn is_public(address: IpAddr) -> bool {
    const NOT_V4: [(Ipv4Addr, u8); 15] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    // What is not in the one block of unicast addresses is not public, and of that these are not: what leads to
    // IPv4 by other ways (Teredo in the first, 6to4 in the third) and what is for documentation.
    const UNICAST: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
    const NOT_V6: [(Ipv6Addr, u8); 4] = [
        (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
        (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
        (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    ];
    match address {
        IpAddr::V4(_) => !NOT_V4.iter().any(|(it, length)| contains((*it).into(), *length, address)),
        IpAddr::V6(_) => {
            contains(UNICAST.0.into(), UNICAST.1, address)
                && !NOT_V6.iter().any(|(it, length)| contains((*it).into(), *length, address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(rules: &[&str], url: &str) -> bool {
        let allowed = Allowed::new(rules.iter().map(|it| it.parse().expect("a rule")).collect());
        let url = Url::parse(url).expect("a URL");
        let address = match url.host().expect("a host") {
            Host::Ipv4(it) => it.into(),
            Host::Ipv6(it) => it.into(),
            // As if the name led there.
            Host::Domain(_) => IpAddr::from([127, 0, 0, 1]),
        };
        let permits = allowed.permits(&url, address);
        let is_literal = !matches!(url.host(), Some(Host::Domain(_)));
        assert!(!is_literal || allowed.check(&url).is_ok() == permits, "{url}");
        permits
    }

    #[test]
    fn public_addresses_are_allowed_over_tls() {
        for url in ["https://93.184.215.14/", "https://[2606:2800:21f:cb07::1]:8443/", "https://192.0.3.1"] {
            assert!(permits(&[], url), "{url}");
            assert!(!permits(&[], &url.replace("https", "http")), "{url}");
        }
    }

    #[test]
    fn what_is_not_public_is_not_whatever_it_looks_like() {
        for host in [
            "0.0.0.0",
            "0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "017700000001",
            "2130706433",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:10.0.0.1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::a00:1]",
            "[100::1]",
            "[2001::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[3fff::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[5f00::1]",
        ] {
            assert!(!permits(&[], &format!("https://{host}/")), "{host}");
        }
    }

    #[test]
    fn what_the_operator_names_is_allowed_and_nothing_else() {
        for (rule, url, expected) in [
            ("127.0.0.1", "http://127.0.0.1:9/", true),
            ("127.0.0.1/32", "https://127.0.0.1/", true),
            ("127.0.0.1/32", "https://127.0.0.2/", false),
            ("10.0.0.0/8", "http://10.255.0.1/", true),
            ("10.0.0.0/8", "http://11.0.0.1/", false),
            ("0.0.0.0/0", "http://127.0.0.1/", true),
            ("0.0.0.0/0", "http://[::1]/", false),
            ("127.0.0.1/32", "http://[::ffff:127.0.0.1]/", true),
            ("::1/128", "http://[::1]/", true),
            ("fd00::/8", "http://[fd12::1]/", true),
            ("hooks.internal", "http://hooks.internal/", true),
            ("HOOKS.internal", "https://hooks.internal/", true),
            ("hooks.internal", "https://other.internal/", false),
            ("internal", "https://hooks.internal/", false),
        ] {
            assert_eq!(permits(&[rule], url), expected, "{rule} {url}");
        }
    }

    #[test]
    fn a_name_is_judged_by_where_it_leads() {
        assert!(!permits(&[], "https://rebound.example/"));
        assert!(permits(&["127.0.0.0/8"], "http://rebound.example/"));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0.0/x", "a b", "name/8", "10.0.0.0/"] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
