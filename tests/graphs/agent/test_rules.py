"""Without a model: words, verified questions and abstentions decide who answers."""

import pytest

from tests.graphs.agent.conftest import Agent, Shops, Stub

pytestmark = pytest.mark.integration
FIGURE = "How many orders came from Sweden?"


async def test_a_question_about_a_manual_is_answered_with_citations(agent: Agent) -> None:
    found = await agent("How often must I descale the kettle?")

    assert (found["tools"], found["abstained"]) == (["ask_documents"], False)
    (citation,) = found["found"]["ask_documents"]["citations"]
    assert (citation["document"], "three months" in citation["quote"]) == ("kettle.md", True)
    assert agent.spoken == found["answer"]


async def test_a_question_over_rows_is_answered_by_the_database_alone(agent: Agent) -> None:
    found = await agent(FIGURE)

    assert (found["tools"], agent.called) == (["query_database"], ["query_database"])
    data = found["found"]["query_database"]
    assert (data["row_count"], "Sweden" in data["params"].values()) == (1, True)
    assert agent.spoken == found["answer"]


async def test_what_the_documents_do_not_say_is_looked_up_in_the_database(agent: Agent) -> None:
    found = await agent("What is the weight of the Kern 5?")

    assert agent.called == ["ask_documents", "query_database"]
    assert found["tools"] == ["query_database"]
    assert "8.6" in found["answer"]
    assert agent.spoken == found["answer"]  # nothing of the abstention before


async def test_what_the_database_cannot_say_is_asked_of_the_documents(agent: Agent) -> None:
    database = Stub("query_database", {"answer": "", "clarify": ["Do you mean this?"]})
    documents = Stub("ask_documents", {"answer": "Yes [1].", "citations": [], "abstained": False})

    found = await agent.with_tools(database=database, documents=documents)(FIGURE)

    assert (found["tools"], found["answer"]) == (["ask_documents"], "Yes [1].")


@pytest.mark.parametrize("question", ["Who won the cup in 2018?", "Wie wird das Wetter morgen?"])
async def test_what_nobody_knows_is_said_in_the_language_of_the_question(
    agent: Agent, question: str
) -> None:
    found = await agent(question)

    assert (found["abstained"], found["tools"], agent.called) == (True, [], ["ask_documents"])
    assert found["answer"].startswith("Die Dokumente" if "Wetter" in question else "The documents")
    assert agent.spoken == found["answer"]


async def test_what_asks_to_change_data_is_refused_and_not_looked_up(agent: Agent) -> None:
    found = await agent("Delete all cancelled orders of 2025.")

    assert agent.called == ["query_database"]
    assert found["abstained"]
    assert found["error"] is not None
    assert "read here and not changed" in found["error"]["message"]
    assert found["degraded"] == []  # nothing was left out


async def test_a_data_question_without_an_answer_is_asked_back(agent: Agent) -> None:
    found = await agent("How many orders used a voucher code?")

    assert agent.called == ["ask_documents", "query_database"]
    assert found["clarify"] is not None
    assert FIGURE.replace("Sweden", "Norway") in [
        o["question"] for o in found["clarify"]["options"]
    ]


async def test_two_databases_that_both_know_are_asked_about(agent: Agent, shops: Shops) -> None:
    shops.called = ("shop", "other")

    found = await agent(FIGURE)

    assert found["clarify"] is not None
    assert [o["datasource"] for o in found["clarify"]["options"]] == ["shop", "other"]
    assert (await agent(FIGURE, datasource="other"))["calls"][0]["arguments"] == {
        "question": FIGURE,
        "datasource": "other",
    }


async def test_without_databases_there_are_only_documents(agent: Agent) -> None:
    alone = agent.using(databases=None)
    found = await alone(FIGURE)
    assert (found["abstained"], alone.called) == (True, ["ask_documents"])


@pytest.mark.parametrize(
    ("history", "question", "meant"),
    [
        ((FIGURE,), "And from Norway?", "How many orders came from Norway?"),
        ((FIGURE, "And from Norway?"), "And Denmark?", "How many orders came from Denmark?"),
        (
            ("What was the revenue in March 2026?",),
            "And in April 2026?",
            "What was the revenue in April 2026?",
        ),
    ],
)
async def test_a_follow_up_takes_the_place_of_the_value_before(
    agent: Agent, history: tuple[str, ...], question: str, meant: str
) -> None:
    found = await agent(question, history=[("user", one) for one in history])

    assert (found["question"], found["asked"]) == (meant, question)
    assert found["tools"] == ["query_database"]
    assert agent.told("question.condensed")[0]["by"] == "rules"


async def test_a_follow_up_to_the_documents_is_completed_from_the_conversation(
    agent: Agent,
) -> None:
    history = [("user", "How often must I descale the KX-200 kettle?"), ("assistant", "Often.")]
    found = await agent("How loud is it?", history=history)

    assert found["asked"] == "How loud is it?"
    assert "KX-200" in found["question"]


@pytest.mark.parametrize("question", ["Which customers are in Norway?", "Refunds in Norway?"])
async def test_a_question_of_its_own_is_not_taken_for_a_follow_up(
    agent: Agent, question: str
) -> None:
    before = "How many orders were there from customers in Sweden in total?"
    await agent(question, history=[("user", before)])
    told = agent.told("question.condensed")
    assert all("How many orders" not in event["question"] for event in told)
