from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from migrate.brokers.address import BrokerAddress
from migrate.brokers.pasted_copies import Copy, copies, rewritten

OLD = BrokerAddress.from_url("amqp://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com/wolfwolf", "URL")
NEW = BrokerAddress.from_url("amqps://bearbear:canary-new-pass@red-fox.rmq2.cloudamqp.com/bearbear", "URL")
OLD_URL = "amqp://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com/wolfwolf"
NEW_URL = "amqps://bearbear:canary-new-pass@red-fox.rmq2.cloudamqp.com/bearbear"
SPECIAL = BrokerAddress.from_url("amqps://a%40b:p%2Fw%23canary@sky.rmq.cloudamqp.com/%2Fshop", "URL")

CERTAIN = {
    "BROKER_URL": (OLD_URL, NEW_URL),
    "TWICE": (f"{OLD_URL};{OLD_URL}", f"{NEW_URL};{NEW_URL}"),
    "IN_JSON": (f'{{"broker": "{OLD_URL}?heartbeat=30"}}', f'{{"broker": "{NEW_URL}?heartbeat=30"}}'),
    "FLAG": (f"-b {OLD_URL} --loglevel info", f"-b {NEW_URL} --loglevel info"),
    "WITH_PORT": (
        "amqp://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com:5672/wolfwolf",
        "amqps://bearbear:canary-new-pass@red-fox.rmq2.cloudamqp.com:5671/bearbear",
    ),
    "TLS_BY_CHOICE": (OLD_URL.replace("amqp:", "amqps:"), NEW_URL),
    "PYAMQP": (OLD_URL.replace("amqp:", "pyamqp:"), NEW_URL.replace("amqps:", "pyamqp:")),
    "LOUD": (OLD_URL.replace("stingray", "StingRay"), NEW_URL),
    "ENCODED": (quote(OLD_URL, safe=""), quote(NEW_URL, safe="")),
    "FLOWER_BROKER_API": (
        "https://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com/api/",
        "https://bearbear:canary-new-pass@red-fox.rmq2.cloudamqp.com/api/",
    ),
    "QUEUES_API": (
        "https://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com:443/api/queues/wolfwolf/celery",
        "https://bearbear:canary-new-pass@red-fox.rmq2.cloudamqp.com:443/api/queues/bearbear/celery",
    ),
    "MANAGEMENT": ("https://stingray.rmq.cloudamqp.com/api/", "https://red-fox.rmq2.cloudamqp.com/api/"),
    "RABBIT_HOST": ("stingray.rmq.cloudamqp.com", "red-fox.rmq2.cloudamqp.com"),
    "RABBIT_ENDPOINT": ("stingray.rmq.cloudamqp.com:5672", "red-fox.rmq2.cloudamqp.com:5671"),
    "RABBIT_PASS": ("canary-old-pass", "canary-new-pass"),
    "FLOWER_BASIC_AUTH": ("wolfwolf:canary-old-pass", "bearbear:canary-new-pass"),
    "RABBIT_VHOST": ("wolfwolf", "bearbear"),
    "RABBIT_USERNAME": ("wolfwolf", "bearbear"),
}

DOUBTFUL = {
    "SENTENCE": ("the host is stingray.rmq.cloudamqp.com", "its host in a longer text"),
    "DSN": ("host=h;password=canary-old-pass", "its password in a longer text"),
    "LOGIN": ("login wolfwolf", "its user"),
    "STALE": ("amqp://wolfwolf:canary-older@stingray.rmq.cloudamqp.com/wolfwolf", "wolfwolf:***@"),
    "SECOND_USER": ("amqp://boss:secret@stingray.rmq.cloudamqp.com/wolfwolf", "amqp://...@stingray"),
    "SECOND_VHOST": ("amqp://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com/other", "/..."),
    "ODD_PORT": ("amqp://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com:1883/wolfwolf", ":1883"),
    "TWIN": ("amqp://wolfwolf:canary-old-pass@stingray.in.cloudamqp.com/wolfwolf", "its password"),
    "UNSURE_API": ("see https://stingray.rmq.cloudamqp.com/api/", "its host in https"),
    "BOTH": (f"{OLD_URL} and canary-old-pass", "its password in a longer text"),
    "CURIOUS": ("wolfwolf", "its user"),
}

FOREIGN = {
    "PROXY": "$CLOUDAMQP_URL",
    "BRACES": "${CLOUDAMQP_URL}",
    "APP_NAME": "shop",
    "EMPTY": "",
    "DATABASE_URL": "postgres://wolf:canary-old@db.example/wolf",
    "OTHER_RABBIT": "amqp://otherone:secret@stingray.rmq.cloudamqp.com/otherone",
    "NEAR": "big-stingray.rmq.cloudamqp.com",
    "BELOW": "stingray.rmq.cloudamqp.com.evil.example",
}


@pytest.mark.parametrize("name", CERTAIN)
def test_what_is_certain_is_rewritten(name: str) -> None:
    value, wanted = CERTAIN[name]

    assert rewritten(name, value, OLD, NEW) == wanted
    (found,) = copies({name: value}, OLD)
    assert found.doubt == ""


@pytest.mark.parametrize("name", CERTAIN)
def test_what_was_rewritten_holds_nothing_of_the_old_broker_and_stays(name: str) -> None:
    after = rewritten(name, CERTAIN[name][0], OLD, NEW)

    assert copies({name: after}, OLD) == ()
    assert rewritten(name, after, OLD, NEW) == after


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_not_certain_is_not_touched_and_named(name: str) -> None:
    value, holds = DOUBTFUL[name]

    assert rewritten(name, value, OLD, NEW) == value
    (found,) = copies({name: value}, OLD)
    assert holds in found.holds
    assert found.doubt


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_copy_is_left_alone(name: str) -> None:
    assert copies({name: FOREIGN[name]}, OLD) == ()
    assert rewritten(name, FOREIGN[name], OLD, NEW) == FOREIGN[name]


def test_no_password_is_shown_nor_what_stands_beside_it() -> None:
    values = {name: value for name, (value, _) in (CERTAIN | DOUBTFUL).items()}
    values["KEYS"] = f"key=canary-of-another-service {OLD_URL}?token=canary-token"

    shown = " ".join(f"{found.holds} {found.doubt}" for found in copies(values, OLD))

    assert "canary" not in shown
    assert "amqp://wolfwolf:***@stingray.rmq.cloudamqp.com/wolfwolf" in shown
    assert "...amqp://wolfwolf:***@stingray.rmq.cloudamqp.com/wolfwolf..." in shown


def test_a_lone_host_is_in_doubt_while_another_instance_is_on_it() -> None:
    found = copies({"HOST": "stingray.rmq.cloudamqp.com", "RABBIT_URL": FOREIGN["OTHER_RABBIT"]}, OLD)

    assert found == (Copy("HOST", "stingray.rmq.cloudamqp.com", "RABBIT_URL leads to another instance on that host"),)


def test_what_must_be_encoded_in_a_url_is_and_by_itself_is_not() -> None:
    assert rewritten("URL", OLD_URL, OLD, SPECIAL) == "amqps://a%40b:p%2Fw%23canary@sky.rmq.cloudamqp.com/%2Fshop"
    assert rewritten("PASSWORD", "canary-old-pass", OLD, SPECIAL) == "p/w#canary"
    encoded = "https://a%40b:p%2Fw%23canary@sky.rmq.cloudamqp.com/api/queues/%2Fshop"
    wanted = "https://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com/api/queues/wolfwolf"
    assert rewritten("API", encoded, SPECIAL, OLD) == wanted


def test_a_password_that_is_encoded_in_another_way_is_recognised() -> None:
    lower_case = "amqps://a%40b:p%2fw%23canary@sky.rmq.cloudamqp.com/%2fshop"

    assert rewritten("URL", lower_case, SPECIAL, NEW) == NEW_URL


def test_on_this_machine_a_host_by_itself_says_nothing() -> None:
    here = BrokerAddress.from_url("amqp://u:canary-pass@127.0.0.1:5679/v", "URL")
    there = replace(here, port=5680, vhost="w")

    assert copies({"HOST": "127.0.0.1", "PORT": "5679"}, here) == ()
    assert rewritten("URL", "amqp://u:canary-pass@127.0.0.1:5679/v", here, there).endswith("@127.0.0.1:5680/w")


def test_the_default_vhost_may_be_left_out() -> None:
    plain = replace(OLD, vhost="/")

    assert rewritten("URL", OLD_URL.removesuffix("/wolfwolf"), plain, NEW) == NEW_URL
    assert rewritten("URL", OLD_URL, OLD, plain) == f"{OLD_URL.removesuffix('wolfwolf')}%2F"


def test_back_from_tls_the_scheme_follows() -> None:
    assert rewritten("URL", NEW_URL, NEW, OLD) == OLD_URL


words = st.text("abcdefgh", min_size=8, max_size=8)
addresses = st.builds(
    lambda scheme, host, user, password, vhost: BrokerAddress.from_url(
        f"{scheme}://{user}:{quote(password, safe='')}@{host}.rmq.example/{quote(vhost, safe='')}", "URL"
    ),
    st.sampled_from(["amqp", "amqps"]),
    words,
    words,
    st.text("abcXYZ09-_/@:#%+é ", min_size=8, max_size=12),
    words,
)


@given(addresses, addresses, st.sampled_from(["{}", "x {} y", "{};{}", '["{}"]']))
def test_a_url_of_any_broker_becomes_the_url_of_any_other(old: BrokerAddress, new: BrokerAddress, form: str) -> None:
    def url(address: BrokerAddress) -> str:
        password = quote(address.password.reveal(), safe="")
        return f"{address.scheme}://{address.user}:{password}@{address.host}/{address.vhost}"

    before = form.replace("{}", url(old))
    after = rewritten("URL", before, old, new)

    assert after == form.replace("{}", url(new))
    assert rewritten("URL", after, old, new) == after


@given(st.text(max_size=60), addresses, addresses)
def test_any_text_is_left_alone_that_has_nothing_of_the_broker(
    text: str, old: BrokerAddress, new: BrokerAddress
) -> None:
    assume(old.password.reveal() not in text)

    assert rewritten("TEXT", text, old, new) == text
