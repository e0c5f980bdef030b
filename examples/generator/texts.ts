// What the example documents say. Each fact stands in one document only, so that a citation can be
// checked against it.

export interface Chapter {
  heading: string;
  paragraphs: string[];
}

/** A page each in sales-policy.pdf. */
export const SALES_POLICY: readonly Chapter[] = [
  {
    heading: "1. Prices and discounts",
    paragraphs: [
      "This policy applies to all sales of Brightmoor Office Supplies from 1 January 2026 and replaces the policy of 2024.",
      "List prices are set once a year, in January. In January 2026 they rose by between 3 and 5 percent, depending on the product.",
      "Partners receive 8 percent off the list price. Any discount above 12 percent needs the written approval of the head of sales before the order is confirmed.",
      "Prices are stated in euro and without value added tax.",
    ],
  },
  {
    heading: "2. Orders and returns",
    paragraphs: [
      "An order counts as revenue on the day on which it is confirmed, not on the day of delivery.",
      "Orders of more than 250 pieces of one product are confirmed by telephone with the customer, because such quantities are usually typing errors.",
      "Goods may be returned within 30 days. Returns are booked as a separate document and do not change the original order.",
    ],
  },
  {
    heading: "3. Reporting",
    paragraphs: [
      "The sales report of a month is due on the third working day of the next month. It compares revenue with the month before and with the plan.",
      "A region that misses its plan by more than 5 percent explains the reason in the report and names a measure.",
      "The plan is fixed in August for the twelve months that follow and is not changed during the year.",
    ],
  },
];

/** sales-policy.pdf above; market-notes.docx here. */
export const MARKET_NOTES: readonly Chapter[] = [
  {
    heading: "Office furniture",
    paragraphs: [
      "On 1 September 2026 the supplier of the Atlas Standing Desk recalled a faulty gearbox. Deliveries to the South region stopped on 2 September and are expected to resume on 12 October 2026.",
      "Customers in the South were offered the Nordic Office Chair at the partner price as an apology. Few accepted.",
      "The West region lost a framework contract for chairs with a university at the end of August 2026; the plan had counted on its renewal.",
    ],
  },
  {
    heading: "Air quality",
    paragraphs: [
      "Smoke from wildfires lay over the East from 4 to 19 September 2026. Demand for air purifiers rose sharply; competitors were sold out by the middle of the month.",
      "The wholesale association expects demand for air purifiers to return to normal by November 2026.",
    ],
  },
];

/** price-changes.html */
export const PRICE_CHANGES: readonly (readonly [string, string, string])[] = [
  ["Nordic Office Chair", "249.00", "259.00"],
  ["Atlas Standing Desk", "549.00", "569.00"],
  ["Aurora Desk Lamp", "64.90", "66.90"],
  ["Halo Monitor Arm", "119.00", "123.00"],
  ["Breeze Air Purifier", "189.00", "195.00"],
  ["Quill Notebook Set", "18.90", "19.50"],
];

/** regions.md */
export const REGIONS_TEXT = `# Notes on the regions

## North

The North is the largest region. Its head is Ingrid Solberg. Its biggest customer is the port authority, which
orders desk lamps twice a year, in March and in October.

## South

Head of the region is Paulo Mendes. The warehouse in the South was enlarged in June 2025 and holds stock for six weeks.

## East

Head of the region is Katarzyna Wolska. Three in five orders of the East come in through the web shop.

## West

Head of the region is Owen Price. In May 2026 the Halo Monitor Arm was out of stock in the West for three weeks,
because a container was held at customs.

## Central

Head of the region is Miriam Adler. On 3 February 2026 a flood closed the Central warehouse for two weeks; about half of
the month's orders were lost.
`;
