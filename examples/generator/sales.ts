// Thirteen months of orders of an office supplier, in whole cents.
import { daysOf, MONTHS, seasonIndex, weekdayOf } from "./calendar.ts";
import { amount, delimited } from "./delimited.ts";
import { FREAK, plantedFactor } from "./planted.ts";
import { random, type Random } from "./random.ts";

export interface Order {
  orderId: string;
  date: string;
  region: string;
  product: string;
  channel: string;
  quantity: number;
  unitPrice: number;
  revenue: number;
  cost: number;
}

export const SALES_HEADER = [
  "order_id",
  "date",
  "region",
  "product",
  "channel",
  "quantity",
  "unit_price",
  "revenue_eur",
  "cost_eur",
] as const;

interface Product {
  name: string;
  /** Cents, before the price rise of January 2026. */
  price: number;
  newPrice: number;
  /** Share of the list price that the product costs. */
  costShare: number;
  /** Units a month in a region of weight 1. */
  units: number;
  /** Usual size of an order. */
  orderSize: number;
}

export const PRODUCTS: readonly Product[] = [
  {
    name: "Nordic Office Chair",
    price: 24_900,
    newPrice: 25_900,
    costShare: 0.58,
    units: 105,
    orderSize: 2.2,
  },
  {
    name: "Atlas Standing Desk",
    price: 54_900,
    newPrice: 56_900,
    costShare: 0.63,
    units: 70,
    orderSize: 1.6,
  },
  {
    name: "Aurora Desk Lamp",
    price: 6_490,
    newPrice: 6_690,
    costShare: 0.47,
    units: 190,
    orderSize: 3,
  },
  {
    name: "Halo Monitor Arm",
    price: 11_900,
    newPrice: 12_300,
    costShare: 0.52,
    units: 150,
    orderSize: 2.6,
  },
  {
    name: "Breeze Air Purifier",
    price: 18_900,
    newPrice: 19_500,
    costShare: 0.61,
    units: 95,
    orderSize: 1.9,
  },
  {
    name: "Quill Notebook Set",
    price: 1_890,
    newPrice: 1_950,
    costShare: 0.4,
    units: 420,
    orderSize: 5.5,
  },
];

export const REGIONS = [
  { name: "North", weight: 1.25 },
  { name: "South", weight: 1.05 },
  { name: "East", weight: 0.85 },
  { name: "West", weight: 1.15 },
  { name: "Central", weight: 0.95 },
] as const;

const CHANNELS = [
  { name: "Online", share: 0.48, discount: 0 },
  { name: "Retail", share: 0.31, discount: 0 },
  { name: "Partner", share: 0.21, discount: 8 },
] as const;

const SEASON = [0.95, 0.94, 1.02, 0.97, 1.02, 0.98, 0.93, 0.94, 1, 1.04, 1.09, 1.08];
const GROWTH_PER_MONTH = 0.004;

/** Units that a usual month would bring, without noise and without anything planted. */
export const usualUnits = (month: string, region: { weight: number }, product: Product): number =>
  product.units *
  region.weight *
  (SEASON[seasonIndex(month)] ?? 1) *
  (1 + GROWTH_PER_MONTH * MONTHS.indexOf(month));

/** List price of a product in a month, in cents. */
export const listPrice = (month: string, product: Product): number =>
  month < "2026-01" ? product.price : product.newPrice;

/** Average share of the list price that customers pay. */
export const PRICE_AFTER_DISCOUNT = CHANNELS.reduce(
  (sum, channel) => sum + channel.share * (1 - channel.discount / 100),
  0,
);

const order = (
  rng: Random,
  date: string,
  region: string,
  product: Product,
  quantity: number,
): Order => {
  const channel = rng.weighted(CHANNELS, ({ share }) => share);
  const list = listPrice(date.slice(0, 7), product);
  const unitPrice = Math.round((list * (100 - channel.discount)) / 100);
  const unitCost = Math.round(list * product.costShare * rng.normal(1, 0.012));
  return {
    orderId: "",
    date,
    region,
    product: product.name,
    channel: channel.name,
    quantity,
    unitPrice,
    revenue: quantity * unitPrice,
    cost: quantity * unitCost,
  };
};

/** Orders of one cell (month, region, product): drawn until the month's units are sold. */
const ordersOfCell = (
  rng: Random,
  month: string,
  region: (typeof REGIONS)[number],
  product: Product,
): Order[] => {
  const days = daysOf(month);
  const factor = plantedFactor(
    "sales.csv",
    month,
    { region: region.name, product: product.name },
    "quantity",
  );
  let left = Math.round(usualUnits(month, region, product) * rng.normal(1, 0.025) * factor);
  const orders: Order[] = [];
  while (left > 0) {
    const quantity = Math.min(left, Math.max(1, Math.round(rng.skewed(product.orderSize))));
    const date = rng.weighted(days, (day) => (weekdayOf(day) % 6 === 0 ? 0.35 : 1));
    orders.push(order(rng, date, region.name, product, quantity));
    left -= quantity;
  }
  return orders;
};

const freakOrder = (rng: Random): Order => {
  const product = PRODUCTS.find(({ name }) => name === FREAK.order.product);
  if (product === undefined) throw new Error(`no product ${FREAK.order.product}`);
  return order(rng, FREAK.order.day, FREAK.order.region, product, FREAK.order.quantity);
};

/** All orders by date, numbered from SO-100001. */
export const makeOrders = (): Order[] => {
  const rng = random("tutti sales 1");
  const orders = MONTHS.flatMap((month) =>
    REGIONS.flatMap((region) =>
      PRODUCTS.flatMap((product) => ordersOfCell(rng, month, region, product)),
    ),
  );
  orders.push(freakOrder(rng));
  const place = new Map(orders.map((o) => [o, rng.next()]));
  const byDate = orders.sort(
    (a, b) => a.date.localeCompare(b.date) || (place.get(a) ?? 0) - (place.get(b) ?? 0),
  );
  return byDate.map((o, index) => ({ ...o, orderId: `SO-${100_001 + index}` }));
};

/** An order as the fields of its line. */
export const salesFields = (o: Order): string[] => [
  o.orderId,
  o.date,
  o.region,
  o.product,
  o.channel,
  String(o.quantity),
  amount(o.unitPrice),
  amount(o.revenue),
  amount(o.cost),
];

export const salesCsv = (orders: readonly Order[]): string =>
  delimited([SALES_HEADER, ...orders.map(salesFields)]);
