"""The queries, as text. A bag of money is told in the shop's currency and in the buyer's.

`first` of a page is where its search for a size that Shopify allows begins; a size that costs more than 1,000
points is halved. Lists inside an order (transactions, refunds) come whole; connections come page by page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """`text` declares an operation `name`; `first` is the page it begins with."""

    name: str
    text: str
    first: int = 0


_BAG = "{shopMoney{amount currencyCode} presentmentMoney{amount currencyCode}}"
_PAGE = "pageInfo{hasNextPage endCursor}"

_TRANSACTION = f"""id kind status gateway test processedAt errorCode amountSet{_BAG}
  fees{{amount{{amount currencyCode}} rate type}} parentTransaction{{id}}"""

_LINE = f"""id title variantTitle sku quantity currentQuantity originalUnitPriceSet{_BAG}
  discountedTotalSet{_BAG} totalDiscountSet{_BAG} discountAllocations{{allocatedAmountSet{_BAG}}}
  taxLines{{title rate priceSet{_BAG}}} product{{id}} variant{{id}}"""

_ORDER = f"""id name createdAt updatedAt processedAt cancelledAt cancelReason test currencyCode
  presentmentCurrencyCode displayFinancialStatus displayFulfillmentStatus sourceName discountCodes
  taxesIncluded paymentGatewayNames email phone totalPriceSet{_BAG} subtotalPriceSet{_BAG}
  totalDiscountsSet{_BAG} totalTaxSet{_BAG} totalShippingPriceSet{_BAG} totalRefundedSet{_BAG}
  currentTotalPriceSet{_BAG} customer{{id}} shippingAddress{{countryCodeV2 provinceCode}}
  customerJourneySummary{{lastVisit{{occurredAt landingPage source
    utmParameters{{source medium campaign content term}}}}}}
  transactions{{{_TRANSACTION}}} refunds{{id}}"""

_REFUND_LINE = f"id quantity restockType subtotalSet{_BAG} totalTaxSet{_BAG} lineItem{{id}}"
_REFUND_SHIPPING = f"id subtotalAmountSet{_BAG} taxAmountSet{_BAG}"
_REFUND_TRANSACTION = f"id kind status gateway amountSet{_BAG}"

_VARIANT = (
    "id title sku price compareAtPrice inventoryQuantity inventoryItem{id unitCost{amount currencyCode}}"
)

SCOPES = Query("Scopes", "query Scopes{currentAppInstallation{accessScopes{handle}}}")

SHOP = Query(
    "Shop",
    "query Shop{shop{id name myshopifyDomain currencyCode ianaTimezone url taxesIncluded "
    "plan{publicDisplayName}}}",
)

ORDERS = Query(
    "Orders",
    f"""query Orders($first:Int!,$after:String,$search:String!){{
  orders(first:$first,after:$after,query:$search,sortKey:CREATED_AT){{
    nodes{{{_ORDER} lineItems(first:5){{nodes{{{_LINE}}} {_PAGE}}}}} {_PAGE}}}}}""",
    first=24,
)

CHANGED = Query(
    "Changed",
    f"""query Changed($first:Int!,$after:String,$search:String!){{
  orders(first:$first,after:$after,query:$search,sortKey:UPDATED_AT){{
    nodes{{id createdAt updatedAt}} {_PAGE}}}}}""",
    first=250,
)

ORDER_TIMES = Query(
    "OrderTimes", "query OrderTimes($ids:[ID!]!){nodes(ids:$ids){... on Order{id createdAt}}}"
)

REFUNDS = Query(
    "Refunds",
    f"""query Refunds($ids:[ID!]!){{nodes(ids:$ids){{... on Refund{{
  id createdAt updatedAt totalRefundedSet{_BAG}
  refundLineItems(first:5){{nodes{{{_REFUND_LINE}}} {_PAGE}}}
  refundShippingLines(first:2){{nodes{{{_REFUND_SHIPPING}}} {_PAGE}}}
  transactions(first:4){{nodes{{{_REFUND_TRANSACTION}}} {_PAGE}}}}}}}}}""",
)

_PRODUCT = "id title handle vendor productType status createdAt updatedAt"
_CUSTOMER = """id createdAt updatedAt numberOfOrders amountSpent{amount currencyCode} tags
  defaultEmailAddress{emailAddress marketingState} defaultPhoneNumber{phoneNumber}"""

PRODUCTS = Query(
    "Products",
    f"""query Products($first:Int!,$after:String){{
  products(first:$first,after:$after){{
    nodes{{{_PRODUCT}
      variants(first:10){{nodes{{{_VARIANT}}} {_PAGE}}}}} {_PAGE}}}}}""",
    first=50,
)

CUSTOMERS = Query(
    "Customers",
    f"""query Customers($first:Int!,$after:String){{
  customers(first:$first,after:$after){{
    nodes{{{_CUSTOMER}}} {_PAGE}}}}}""",
    first=250,
)

BULK_PRODUCTS = f"{{products{{edges{{node{{{_PRODUCT} variants{{edges{{node{{{_VARIANT}}}}}}}}}}}}}}}"
BULK_CUSTOMERS = f"{{customers{{edges{{node{{{_CUSTOMER}}}}}}}}}"

COUNTS = Query(
    "Counts",
    "query Counts{products:productsCount(limit:null){count} customers:customersCount(limit:null){count}}",
)

RUN_BULK = Query(
    "RunBulk",
    "mutation RunBulk($query:String!){bulkOperationRunQuery(query:$query,groupObjects:false)"
    "{bulkOperation{id status} userErrors{field message}}}",
)

POLL_BULK = Query(
    "PollBulk",
    "query PollBulk($id:ID!){node(id:$id){... on BulkOperation"
    "{id status errorCode objectCount rootObjectCount url partialDataUrl}}}",
)

_REST = {
    ("Order", "lineItems"): _LINE,
    ("Product", "variants"): _VARIANT,
    ("Refund", "refundLineItems"): _REFUND_LINE,
    ("Refund", "refundShippingLines"): _REFUND_SHIPPING,
    ("Refund", "transactions"): _REFUND_TRANSACTION,
}


def rest_of(kind: str, connection: str) -> Query:
    """The further pages of a connection of one object; in the answer it is named `rest`."""
    name = f"Rest{kind}{connection[0].upper()}{connection[1:]}"
    return Query(
        name,
        f"""query {name}($id:ID!,$first:Int!,$after:String){{node(id:$id){{... on {kind}{{
  rest:{connection}(first:$first,after:$after){{nodes{{{_REST[kind, connection]}}} {_PAGE}}}}}}}}}""",
        first=40,
    )


def bulk_orders(search: str) -> str:
    """All orders of a search with their lines, for a bulk operation.

    Bulk operations take no connection inside a list, so refunds come as ids alone.
    """
    return (
        f"{{orders(query:{json.dumps(search)}){{edges{{node{{{_ORDER} "
        f"lineItems{{edges{{node{{{_LINE}}}}}}}}}}}}}}}"
    )


def counts(searches: dict[str, str]) -> Query:
    """How many orders each search finds, by alias."""
    asked = " ".join(
        f"{alias}:ordersCount(query:{json.dumps(search)},limit:null){{count precision}}"
        for alias, search in searches.items()
    )
    return Query("OrderCounts", f"query OrderCounts{{{asked}}}")
