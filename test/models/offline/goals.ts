// Ten goals on each of four tables, with the plan expected of each: the tasks that compute figures, by
// id, with their query in short (see describe-plan.ts), and the phrases that no task answers.
export interface ExpectedPlan {
  readonly goal: string;
  readonly figures: Readonly<Record<string, string>>;
  readonly notCovered: readonly string[];
}
export interface GoalsOfTable {
  /** Files of examples/. */
  readonly files: readonly string[];
  readonly goals: readonly ExpectedPlan[];
}

export const GOALS: readonly GoalsOfTable[] = [
  {
    files: ["sales.csv", "plan.xlsx"],
    goals: [
      {
        goal: "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies",
        figures: {
          totals:
            "sum(revenue_eur) 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01 vs plan plan_revenue_eur 2026-09-01..2026-10-01",
          "revenue-by-region":
            "sum(revenue_eur) by region 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01 vs plan plan_revenue_eur 2026-09-01..2026-10-01 order revenue desc",
          "revenue-by-product":
            "sum(revenue_eur) by product 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01 vs plan plan_revenue_eur 2026-09-01..2026-10-01 order revenue desc",
          "revenue-by-region-and-product":
            "sum(revenue_eur) by region, product 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01 vs plan plan_revenue_eur 2026-09-01..2026-10-01",
          "revenue-by-month":
            "sum(revenue_eur) each month of date 2025-09-01..2026-10-01 vs plan plan_revenue_eur 2025-09-01..2026-10-01",
          "revenue-anomalies":
            "anomalies of sum(revenue_eur) by region, product each month 2026-09-01..2026-10-01 since 2025-09-01",
        },
        notCovered: [],
      },
      {
        goal: "Top 5 products by revenue in Q3 2026 compared with the same quarter last year",
        figures: {
          totals: "sum(revenue_eur) 2026-07-01..2026-10-01 vs last_year 2025-07-01..2025-10-01",
          "top-products-by-revenue":
            "sum(revenue_eur) by product 2026-07-01..2026-10-01 vs last_year 2025-07-01..2025-10-01 order revenue desc limit 5",
        },
        notCovered: [],
      },
      {
        goal: "Revenue and margin by channel in 2026",
        figures: {
          totals:
            "sum(revenue_eur) + sum(cost_eur) + revenue-cost + margin/revenue 2026-01-01..2027-01-01",
          "revenue-and-margin-by-channel":
            "sum(revenue_eur) + sum(cost_eur) + revenue-cost + margin/revenue by channel 2026-01-01..2027-01-01 order revenue desc",
        },
        notCovered: [],
      },
      {
        goal: "How did revenue develop by month over the last 12 months?",
        figures: {
          totals: "sum(revenue_eur) 2025-10-01..2026-10-01",
          "revenue-by-month": "sum(revenue_eur) each month of date 2025-10-01..2026-10-01",
        },
        notCovered: [],
      },
      {
        goal: "Units sold per region in August 2026, excluding Online",
        figures: {
          totals: "sum(quantity) 2026-08-01..2026-09-01 where channel != Online",
          "quantity-by-region":
            "sum(quantity) by region 2026-08-01..2026-09-01 where channel != Online order quantity desc",
        },
        notCovered: [],
      },
      {
        goal: "What is the average order value by channel?",
        figures: {
          totals: "sum(revenue_eur) + count(*) + revenue/orders",
          "revenue-per-order-by-channel":
            "sum(revenue_eur) + count(*) + revenue/orders by channel order revenue_per_order desc",
        },
        notCovered: [],
      },
      {
        goal: "Quarterly report: revenue against plan by region",
        figures: {
          totals:
            "sum(revenue_eur) 2026-07-01..2026-10-01 vs plan plan_revenue_eur 2026-07-01..2026-10-01",
          "revenue-by-region":
            "sum(revenue_eur) by region 2026-07-01..2026-10-01 vs plan plan_revenue_eur 2026-07-01..2026-10-01 order revenue desc",
          "revenue-by-month":
            "sum(revenue_eur) each month of date 2026-07-01..2026-10-01 vs plan plan_revenue_eur 2026-07-01..2026-10-01",
        },
        notCovered: [],
      },
      {
        goal: "Which product grew most in September 2026 compared to last month?",
        figures: {
          totals: "sum(revenue_eur) 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01",
          "revenue-by-product":
            "sum(revenue_eur) by product 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01 order revenue_last_month_change desc",
        },
        notCovered: [],
      },
      {
        goal: "Number of orders and revenue per order in the North, by week, in September 2026",
        figures: {
          totals:
            "count(*) + sum(revenue_eur) + revenue/orders 2026-09-01..2026-10-01 where region = North",
          "orders-and-revenue-per-order-by-week":
            "count(*) + sum(revenue_eur) + revenue/orders each week of date 2026-09-01..2026-10-01 where region = North",
        },
        notCovered: [],
      },
      {
        goal: "Monthly revenue report for September 2026 by region with a weather forecast",
        figures: {
          totals: "sum(revenue_eur) 2026-09-01..2026-10-01",
          "revenue-by-region":
            "sum(revenue_eur) by region 2026-09-01..2026-10-01 order revenue desc",
          "revenue-by-month": "sum(revenue_eur) each month of date 2025-09-01..2026-10-01",
        },
        notCovered: ["weather forecast"],
      },
    ],
  },
  {
    files: ["sensors.parquet"],
    goals: [
      {
        goal: "Average temperature by site and room in September 2026",
        figures: {
          totals: "avg(temperature_c) 2026-09-01..2026-10-01",
          "average-temperature-by-site":
            "avg(temperature_c) by site 2026-09-01..2026-10-01 order avg_temperature desc",
          "average-temperature-by-room":
            "avg(temperature_c) by room 2026-09-01..2026-10-01 order avg_temperature desc",
          "average-temperature-by-site-and-room":
            "avg(temperature_c) by site, room 2026-09-01..2026-10-01",
        },
        notCovered: [],
      },
      {
        goal: "Monthly sensor report for September 2026: temperature, humidity and CO2 by site, against last month; anything unusual?",
        figures: {
          totals:
            "avg(temperature_c) + avg(humidity_pct) + avg(co2_ppm) 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01",
          "figures-by-site":
            "avg(temperature_c) + avg(humidity_pct) + avg(co2_ppm) by site 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01 order avg_temperature desc",
          "figures-by-month":
            "avg(temperature_c) + avg(humidity_pct) + avg(co2_ppm) each month of timestamp 2025-09-01..2026-10-01",
          "average-temperature-anomalies":
            "anomalies of avg(temperature_c) by site each month 2026-09-01..2026-10-01 since 2025-09-01",
          "average-humidity-anomalies":
            "anomalies of avg(humidity_pct) by site each month 2026-09-01..2026-10-01 since 2025-09-01",
          "average-co2-anomalies":
            "anomalies of avg(co2_ppm) by site each month 2026-09-01..2026-10-01 since 2025-09-01",
        },
        notCovered: [],
      },
      {
        goal: "Highest temperature per sensor",
        figures: {
          totals: "max(temperature_c)",
          "highest-temperature-by-sensor":
            "max(temperature_c) by sensor order max_temperature desc",
        },
        notCovered: [],
      },
      {
        goal: "Show the daily average humidity in the Laboratory in August 2026",
        figures: {
          totals: "avg(humidity_pct) 2026-08-01..2026-09-01 where room = Laboratory",
          "average-humidity-by-day":
            "avg(humidity_pct) each day of timestamp 2026-08-01..2026-09-01 where room = Laboratory",
        },
        notCovered: [],
      },
      {
        goal: "Which room had the highest CO2 in September 2026?",
        figures: {
          totals: "max(co2_ppm) + avg(co2_ppm) 2026-09-01..2026-10-01",
          "highest-co2-and-average-co2-by-room":
            "max(co2_ppm) + avg(co2_ppm) by room 2026-09-01..2026-10-01 order max_co2 desc",
        },
        notCovered: [],
      },
      {
        goal: "Minimum, average and maximum temperature by month",
        figures: {
          totals: "min(temperature_c) + avg(temperature_c) + max(temperature_c)",
          "figures-by-month":
            "min(temperature_c) + avg(temperature_c) + max(temperature_c) each month of timestamp",
        },
        notCovered: [],
      },
      {
        goal: "How many readings per sensor in March 2026 compared with the previous month?",
        figures: {
          totals: "count(*) 2026-03-01..2026-04-01 vs last_month 2026-02-01..2026-03-01",
          "readings-by-sensor":
            "count(*) by sensor 2026-03-01..2026-04-01 vs last_month 2026-02-01..2026-03-01 order readings desc",
        },
        notCovered: [],
      },
      {
        goal: "Outliers in temperature in September 2026 by site and room",
        figures: {
          totals: "avg(temperature_c) 2026-09-01..2026-10-01",
          "average-temperature-by-site":
            "avg(temperature_c) by site 2026-09-01..2026-10-01 order avg_temperature desc",
          "average-temperature-by-room":
            "avg(temperature_c) by room 2026-09-01..2026-10-01 order avg_temperature desc",
          "average-temperature-by-site-and-room":
            "avg(temperature_c) by site, room 2026-09-01..2026-10-01",
          "average-temperature-anomalies":
            "anomalies of avg(temperature_c) by site, room each month 2026-09-01..2026-10-01 since 2025-09-01",
        },
        notCovered: [],
      },
      {
        goal: "Readings above 30 degrees by sensor in September 2026",
        figures: {
          totals: "count(*) 2026-09-01..2026-10-01 where temperature_c > 30",
          "readings-by-sensor":
            "count(*) by sensor 2026-09-01..2026-10-01 where temperature_c > 30 order readings desc",
        },
        notCovered: [],
      },
      {
        goal: "Battery voltage trend by week for sensor S-04 with the warranty date",
        figures: {
          totals: "avg(battery_v) where sensor = S-04",
          "average-battery-by-week": "avg(battery_v) each week of timestamp where sensor = S-04",
        },
        notCovered: ["warranty date"],
      },
    ],
  },
  {
    files: ["tickets.tsv"],
    goals: [
      {
        goal: "Monthly support ticket report for September 2026 by team and priority, compared with last month",
        figures: {
          totals:
            "count(*) + avg(first_response_min) + avg(resolution_hours) 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01",
          "figures-by-team":
            "count(*) + avg(first_response_min) + avg(resolution_hours) by team 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01 order tickets desc",
          "figures-by-priority":
            "count(*) + avg(first_response_min) + avg(resolution_hours) by priority 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01 order tickets desc",
          "figures-by-team-and-priority":
            "count(*) + avg(first_response_min) + avg(resolution_hours) by team, priority 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01",
          "figures-by-month":
            "count(*) + avg(first_response_min) + avg(resolution_hours) each month of opened_at 2025-09-01..2026-10-01",
        },
        notCovered: [],
      },
      {
        goal: "Average resolution time by team in Q3 2026",
        figures: {
          totals: "avg(resolution_hours) 2026-07-01..2026-10-01",
          "average-resolution-time-by-team":
            "avg(resolution_hours) by team 2026-07-01..2026-10-01 order avg_resolution_time desc",
        },
        notCovered: [],
      },
      {
        goal: "How many urgent tickets did each team get in September 2026?",
        figures: {
          totals: "count(*) 2026-09-01..2026-10-01 where priority = Urgent",
          "tickets-by-team":
            "count(*) by team 2026-09-01..2026-10-01 where priority = Urgent order tickets desc",
        },
        notCovered: [],
      },
      {
        goal: "Median first response time by priority",
        figures: {
          totals: "median(first_response_min)",
          "median-first-response-time-by-priority":
            "median(first_response_min) by priority order median_first_response_time desc",
        },
        notCovered: [],
      },
      {
        goal: "Reopen rate by category in 2026",
        figures: {
          totals: "avg(reopened) 2026-01-01..2027-01-01",
          "reopened-rate-by-category":
            "avg(reopened) by category 2026-01-01..2027-01-01 order reopened_rate desc",
        },
        notCovered: [],
      },
      {
        goal: "Ticket volume by week since June 2026",
        figures: {
          totals: "count(*) 2026-06-01..2026-10-01",
          "tickets-by-week": "count(*) each week of opened_at 2026-06-01..2026-10-01",
        },
        notCovered: [],
      },
      {
        goal: "Bottom 3 teams by satisfaction in September 2026",
        figures: {
          totals: "avg(satisfaction) 2026-09-01..2026-10-01",
          "bottom-teams-by-average-satisfaction":
            "avg(satisfaction) by team 2026-09-01..2026-10-01 order avg_satisfaction asc limit 3",
        },
        notCovered: [],
      },
      {
        goal: "Anomalies in the number of tickets by team in September 2026",
        figures: {
          totals: "count(*) 2026-09-01..2026-10-01",
          "tickets-by-team": "count(*) by team 2026-09-01..2026-10-01 order tickets desc",
          "tickets-anomalies":
            "anomalies of count(*) by team each month 2026-09-01..2026-10-01 since 2025-09-01",
        },
        notCovered: [],
      },
      {
        goal: "Tickets closed by month",
        figures: {
          totals: "count(*) 2025-09-01..2026-10-02",
          "tickets-by-month": "count(*) each month of closed_at 2025-09-01..2026-10-02",
        },
        notCovered: [],
      },
      {
        goal: "Satisfaction by product year over year for September 2026, and the customer churn",
        figures: {
          totals: "avg(satisfaction) 2026-09-01..2026-10-01 vs last_year 2025-09-01..2025-10-01",
          "average-satisfaction-by-product":
            "avg(satisfaction) by product 2026-09-01..2026-10-01 vs last_year 2025-09-01..2025-10-01 order avg_satisfaction desc",
        },
        notCovered: ["customer churn"],
      },
    ],
  },
  {
    files: ["clinic.json"],
    goals: [
      {
        goal: "Clinic report for September 2026: visits, waiting time and no-show rate by department, against last month",
        figures: {
          totals:
            "count(*) + avg(waiting_min) + avg(no_show) 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01",
          "figures-by-department":
            "count(*) + avg(waiting_min) + avg(no_show) by department 2026-09-01..2026-10-01 vs last_month 2026-08-01..2026-09-01 order visits desc",
          "figures-by-month":
            "count(*) + avg(waiting_min) + avg(no_show) each month of visit_date 2025-09-01..2026-10-01",
        },
        notCovered: [],
      },
      {
        goal: "Average waiting time by doctor in September 2026",
        figures: {
          totals: "avg(waiting_min) 2026-09-01..2026-10-01",
          "average-waiting-time-by-doctor":
            "avg(waiting_min) by doctor 2026-09-01..2026-10-01 order avg_waiting_time desc",
        },
        notCovered: [],
      },
      {
        goal: "No-show rate by department and month",
        figures: {
          totals: "avg(no_show)",
          "no-show-rate-by-department-and-month":
            "avg(no_show) by department each month of visit_date",
        },
        notCovered: [],
      },
      {
        goal: "Total fees by department in Q2 2026 compared with the previous quarter",
        figures: {
          totals: "sum(fee_eur) 2026-04-01..2026-07-01 vs last_quarter 2026-01-01..2026-04-01",
          "fee-by-department":
            "sum(fee_eur) by department 2026-04-01..2026-07-01 vs last_quarter 2026-01-01..2026-04-01 order fee desc",
        },
        notCovered: [],
      },
      {
        goal: "Number of doctors per department",
        figures: {
          totals: "count_distinct(doctor)",
          "doctors-by-department": "count_distinct(doctor) by department order doctors desc",
        },
        notCovered: [],
      },
      {
        goal: "Visits of patients over 65 by department",
        figures: {
          totals: "count(*) where patient_age > 65",
          "visits-by-department": "count(*) by department where patient_age > 65 order visits desc",
        },
        notCovered: [],
      },
      {
        goal: "Which department has the longest waiting time?",
        figures: {
          totals: "avg(waiting_min) + max(waiting_min)",
          "average-waiting-time-and-highest-waiting-time-by-department":
            "avg(waiting_min) + max(waiting_min) by department order avg_waiting_time desc",
        },
        notCovered: [],
      },
      {
        goal: "Anything unusual in waiting times in September 2026?",
        figures: {
          totals: "avg(waiting_min) 2026-09-01..2026-10-01",
          "average-waiting-time-anomalies":
            "anomalies of avg(waiting_min) by department each month 2026-09-01..2026-10-01 since 2025-09-01",
        },
        notCovered: [],
      },
      {
        goal: "Average duration of visits in Cardiology by month",
        figures: {
          totals: "avg(duration_min) where department = Cardiology",
          "average-duration-by-month":
            "avg(duration_min) each month of visit_date where department = Cardiology",
        },
        notCovered: [],
      },
      {
        goal: "Staffing costs by ward in 2026",
        figures: {
          totals: "count(*) 2026-01-01..2027-01-01",
          "visits-by-department": "count(*) by department 2026-01-01..2027-01-01 order visits desc",
        },
        notCovered: ["Staffing costs"],
      },
    ],
  },
];
