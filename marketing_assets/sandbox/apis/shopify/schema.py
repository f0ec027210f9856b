"""The part of the Admin schema that the sandbox serves, as Shopify declares it."""

from graphql import GraphQLSchema, build_schema

SDL = """
scalar DateTime
scalar Decimal
scalar URL
scalar UnsignedInt64

interface Node { id: ID! }

type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
type Count { count: Int! precision: String! }
type MoneyV2 { amount: Decimal! currencyCode: String! }
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type TaxLine { title: String! rate: Float priceSet: MoneyBag! }
type DiscountAllocation { allocatedAmountSet: MoneyBag! }
type MailingAddress { countryCodeV2: String provinceCode: String }
type CustomerEmailAddress { emailAddress: String! marketingState: String! }
type CustomerPhoneNumber { phoneNumber: String! }

type UTMParameters { campaign: String content: String medium: String source: String term: String }
type CustomerVisit {
  id: ID! occurredAt: DateTime! landingPage: URL referrerUrl: URL source: String!
  utmParameters: UTMParameters
}
type CustomerJourneySummary { ready: Boolean! lastVisit: CustomerVisit }

type LineItem implements Node {
  id: ID! title: String! variantTitle: String sku: String quantity: Int! currentQuantity: Int!
  originalUnitPriceSet: MoneyBag! discountedTotalSet: MoneyBag! totalDiscountSet: MoneyBag!
  discountAllocations: [DiscountAllocation!]! taxLines(first: Int): [TaxLine!]!
  product: Product variant: ProductVariant
}
type LineItemEdge { cursor: String! node: LineItem! }
type LineItemConnection { edges: [LineItemEdge!]! nodes: [LineItem!]! pageInfo: PageInfo! }

type TransactionFee { id: ID! amount: MoneyV2! rate: Decimal type: String! }
type OrderTransaction implements Node {
  id: ID! kind: String! status: String! gateway: String formattedGateway: String test: Boolean!
  createdAt: DateTime! processedAt: DateTime amountSet: MoneyBag! fees: [TransactionFee!]!
  parentTransaction: OrderTransaction errorCode: String
}
type OrderTransactionEdge { cursor: String! node: OrderTransaction! }
type OrderTransactionConnection {
  edges: [OrderTransactionEdge!]! nodes: [OrderTransaction!]! pageInfo: PageInfo!
}

type RefundLineItem {
  id: ID quantity: Int! restockType: String! subtotalSet: MoneyBag! totalTaxSet: MoneyBag! lineItem: LineItem!
}
type RefundLineItemEdge { cursor: String! node: RefundLineItem! }
type RefundLineItemConnection { edges: [RefundLineItemEdge!]! nodes: [RefundLineItem!]! pageInfo: PageInfo! }
type RefundShippingLine { id: ID! subtotalAmountSet: MoneyBag! taxAmountSet: MoneyBag! }
type RefundShippingLineEdge { cursor: String! node: RefundShippingLine! }
type RefundShippingLineConnection {
  edges: [RefundShippingLineEdge!]! nodes: [RefundShippingLine!]! pageInfo: PageInfo!
}
type Refund implements Node {
  id: ID! createdAt: DateTime updatedAt: DateTime! note: String totalRefundedSet: MoneyBag!
  refundLineItems(first: Int, after: String): RefundLineItemConnection!
  refundShippingLines(first: Int, after: String): RefundShippingLineConnection!
  transactions(first: Int, after: String): OrderTransactionConnection!
}

type Order implements Node {
  id: ID! name: String! createdAt: DateTime! updatedAt: DateTime! processedAt: DateTime! cancelledAt: DateTime
  cancelReason: String closedAt: DateTime test: Boolean! currencyCode: String!
  presentmentCurrencyCode: String! displayFinancialStatus: String displayFulfillmentStatus: String!
  sourceName: String tags: [String!]! discountCodes: [String!]! taxesIncluded: Boolean!
  paymentGatewayNames: [String!]! email: String phone: String
  totalPriceSet: MoneyBag! subtotalPriceSet: MoneyBag totalDiscountsSet: MoneyBag totalTaxSet: MoneyBag
  totalShippingPriceSet: MoneyBag! totalRefundedSet: MoneyBag! currentTotalPriceSet: MoneyBag!
  customer: Customer shippingAddress: MailingAddress customerJourneySummary: CustomerJourneySummary
  lineItems(first: Int, after: String): LineItemConnection!
  transactions(first: Int): [OrderTransaction!]! refunds(first: Int): [Refund!]!
}
type OrderEdge { cursor: String! node: Order! }
type OrderConnection { edges: [OrderEdge!]! nodes: [Order!]! pageInfo: PageInfo! }

type InventoryItem implements Node { id: ID! sku: String tracked: Boolean! unitCost: MoneyV2 }
type ProductVariant implements Node {
  id: ID! title: String! sku: String price: Decimal! compareAtPrice: Decimal inventoryQuantity: Int
  inventoryItem: InventoryItem!
}
type ProductVariantEdge { cursor: String! node: ProductVariant! }
type ProductVariantConnection { edges: [ProductVariantEdge!]! nodes: [ProductVariant!]! pageInfo: PageInfo! }
type Product implements Node {
  id: ID! title: String! handle: String! vendor: String! productType: String! status: String!
  createdAt: DateTime! updatedAt: DateTime!
  variants(first: Int, after: String): ProductVariantConnection!
}
type ProductEdge { cursor: String! node: Product! }
type ProductConnection { edges: [ProductEdge!]! nodes: [Product!]! pageInfo: PageInfo! }

type Customer implements Node {
  id: ID! createdAt: DateTime! updatedAt: DateTime! firstName: String lastName: String
  numberOfOrders: UnsignedInt64! amountSpent: MoneyV2! tags: [String!]!
  defaultEmailAddress: CustomerEmailAddress defaultPhoneNumber: CustomerPhoneNumber
}
type CustomerEdge { cursor: String! node: Customer! }
type CustomerConnection { edges: [CustomerEdge!]! nodes: [Customer!]! pageInfo: PageInfo! }

type ShopPlan { publicDisplayName: String! }
type Shop implements Node {
  id: ID! name: String! myshopifyDomain: String! currencyCode: String! ianaTimezone: String! url: URL!
  taxesIncluded: Boolean! plan: ShopPlan!
}
type AccessScope { handle: String! }
type AppInstallation { accessScopes: [AccessScope!]! }

type BulkOperation implements Node {
  id: ID! status: String! errorCode: String objectCount: UnsignedInt64! rootObjectCount: UnsignedInt64!
  fileSize: UnsignedInt64 url: URL partialDataUrl: URL createdAt: DateTime! completedAt: DateTime
  query: String!
}
type BulkOperationUserError { field: [String!] message: String! code: String }
type BulkOperationRunQueryPayload { bulkOperation: BulkOperation userErrors: [BulkOperationUserError!]! }

enum OrderSortKeys { CREATED_AT ID UPDATED_AT }

type QueryRoot {
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  order(id: ID!): Order
  orders(
    first: Int, after: String, query: String, sortKey: OrderSortKeys = ID, reverse: Boolean
  ): OrderConnection!
  ordersCount(query: String, limit: Int = 10000): Count
  products(first: Int, after: String): ProductConnection!
  productsCount(query: String, limit: Int = 10000): Count
  customers(first: Int, after: String): CustomerConnection!
  customersCount(query: String, limit: Int = 10000): Count
  shop: Shop!
  currentAppInstallation: AppInstallation!
}
type Mutation {
  bulkOperationRunQuery(query: String!, groupObjects: Boolean = false): BulkOperationRunQueryPayload
}
schema { query: QueryRoot mutation: Mutation }
"""

SCHEMA: GraphQLSchema = build_schema(SDL)
