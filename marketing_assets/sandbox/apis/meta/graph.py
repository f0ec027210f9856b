"""The graph: which path answers with what, for one admitted call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from marketing_assets.sandbox.advertising import Advertising
from marketing_assets.sandbox.advertising.nodes import LEVELS, PREPARED_DAYS, Level, Node, nodes
from marketing_assets.sandbox.apis.meta import errors, fields, filters, oauth, objects, paging, query, table
from marketing_assets.sandbox.apis.meta.query import json_param, listed
from marketing_assets.sandbox.apis.meta.reports import FAULTS, Run, Runs
from marketing_assets.sandbox.apis.meta.tokens import Grant
from marketing_assets.sandbox.faults import Faults
from marketing_assets.sandbox.settings import Settings

PLATFORM = "meta_ads"
EDGES: dict[str, Level] = {"campaigns": "campaign", "adsets": "adset", "ads": "ad"}

Record = TypeVar("Record")


@dataclass(frozen=True)
class Call:
    """One admitted call: `url` without query, `target` with it; `now` in Unix seconds of the wire's clock."""

    method: str
    grant: Grant
    params: Mapping[str, str]
    url: str
    target: str
    now: float

    @property
    def tenant(self) -> str:
        """Whose app this is."""
        return self.grant.tenant.key


class Graph:
    """Answers calls by path segments; everything refused is a GraphError."""

    def __init__(self, seed: int, ads_world: Advertising, settings: Settings, faults: Faults) -> None:
        self.seed, self.ads_world, self.settings, self.faults = seed, ads_world, settings, faults
        self.runs = Runs(ads_world, settings)

    def answer(self, call: Call, segments: Sequence[str]) -> dict[str, Any]:
        """The body for a path such as `me/adaccounts`, `act_1/insights` or `6023…`."""
        if not 1 <= len(segments) <= 2:
            raise errors.unknown_path("/" + "/".join(segments))
        name, edge = segments[0], segments[1] if len(segments) == 2 else ""
        if name == "me":
            return self._me(call, edge)
        if name.startswith("act_"):
            self._check_account(call, name)
            return self._account(call, edge)
        run = self.runs.find(name, call.tenant)
        if run is not None:
            return self._run(call, run, edge)
        node = self._node(call, name)
        return self._of_node(call, node, edge)

    def _me(self, call: Call, edge: str) -> dict[str, Any]:
        account = call.grant.account
        if edge == "adaccounts":
            told = [objects.account_json(account, listed(call.params, "fields"))]
            return self._page(call, told, self.settings.meta_edge_page, lambda one: one)
        if edge:
            raise errors.unknown_path(f"/me/{edge}")
        return {"id": oauth.user_id(call.grant.tenant), "name": f"{call.grant.tenant.name} reporting"}

    def _check_account(self, call: Call, name: str) -> None:
        if name == f"act_{call.grant.account.account_id}":
            return
        known = {f"act_{tenant.meta.account_id}" for tenant in self.ads_world.world.accounts.values()}
        raise errors.NOT_GRANTED if name in known else errors.no_such_object(name)

    def _account(self, call: Call, edge: str) -> dict[str, Any]:
        if not edge:
            return objects.account_json(call.grant.account, listed(call.params, "fields"))
        if edge == "insights":
            return self._insights(call, None)
        return self._edge(call, edge, None)

    def _of_node(self, call: Call, node: Node, edge: str) -> dict[str, Any]:
        if not edge:
            return objects.node_json(self._shown(call, node), listed(call.params, "fields"))
        if edge == "insights":
            return self._insights(call, node)
        return self._edge(call, edge, node)

    def _existing(self, tenant: str) -> list[Node]:
        today = self.ads_world.today(tenant)
        return [n for n in nodes(tenant, today + timedelta(days=PREPARED_DAYS)) if n.created <= today]

    def _node(self, call: Call, node_id: str) -> Node:
        for node in self._existing(call.tenant):
            if node.node_id == node_id:
                return node
        raise errors.no_such_object(node_id)

    def _shown(self, call: Call, node: Node) -> objects.Shown:
        return objects.Shown(self.seed, call.grant.account, node, self.ads_world.today(call.tenant))

    def _edge(self, call: Call, edge: str, parent: Node | None) -> dict[str, Any]:
        level = EDGES.get(edge)
        if level is None or (parent is not None and LEVELS.index(level) <= LEVELS.index(parent.level)):
            raise errors.unknown_path(f"/{edge}")
        conditions = self._edge_conditions(call, level)
        today = self.ads_world.today(call.tenant)
        found = [
            node
            for node in self._existing(call.tenant)
            if node.level == level
            and (parent is None or node.line[parent.level].node_id == parent.node_id)
            and filters.visible(node, conditions, today)
        ]
        wanted = listed(call.params, "fields")
        page = self._page(
            call,
            found,
            self.settings.meta_edge_page,
            lambda node: objects.node_json(self._shown(call, node), wanted),
        )
        if call.params.get("summary") in ("true", "1") or "total_count" in listed(call.params, "summary"):
            page["summary"] = {"total_count": len(found)}
        return page

    def _edge_conditions(self, call: Call, level: Level) -> tuple[filters.Condition, ...]:
        declared = list(json_param(call.params, "filtering") or [])
        statuses = listed(call.params, "effective_status")
        if statuses:
            declared.append({"field": "effective_status", "operator": "IN", "value": statuses})
        return filters.parse(declared, level)

    def _insights(self, call: Call, scope: Node | None) -> dict[str, Any]:
        asked = query.read(call.params, call.tenant, self.ads_world.today(call.tenant), scope)
        if call.method == "POST":
            fault = self.faults.take(tuple(FAULTS), PLATFORM, call.target, call.tenant)
            return {"report_run_id": self.runs.ask(asked, call.now, fault.kind if fault else None).run_id}
        if table.size(self.ads_world, asked) > self.settings.meta_sync_rows:
            raise errors.TOO_MUCH_DATA
        return self._rows_page(call, asked, table.rows(self.ads_world, asked))

    def _run(self, call: Call, run: Run, edge: str) -> dict[str, Any]:
        if not edge:
            return self.runs.poll(run, call.now)
        if edge != "insights":
            raise errors.unknown_path(f"/{edge}")
        return self._rows_page(call, run.query, self.runs.rows(run))

    def _rows_page(self, call: Call, asked: query.Query, rows: list[fields.Row]) -> dict[str, Any]:
        cells = asked.breakdown.names if asked.breakdown else ()
        most = self.settings.meta_insights_page
        return self._page(call, rows, most, lambda row: fields.told(row, asked.fields, cells))

    def _page(
        self, call: Call, records: Sequence[Record], most: int, told: Callable[[Record], dict[str, Any]]
    ) -> dict[str, Any]:
        """One page; `lacking` and `moving` faults strike here."""
        limit = paging.limit_of(call.params, most)
        start = paging.window(call.params, limit)
        cut = paging.cut(records, start, limit)
        data = [told(record) for record in self.faults.without_some(PLATFORM, call.target, call.tenant, cut)]
        following = start + limit if start + limit < len(records) else None
        if following is not None and self.faults.moves(PLATFORM, call.target, call.tenant):
            following -= 1
        if not cut:
            return {"data": data}
        return {"data": data, "paging": paging.links(call.url, call.params, start, len(cut), following)}
