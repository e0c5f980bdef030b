// Readings of eight room sensors, each on the full hour, three a day.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { daysOf, MONTHS, seasonIndex, timestamp } from "./calendar.ts";
import { FREAK, plantedFactor } from "./planted.ts";
import { random, type Random } from "./random.ts";

export interface Reading {
  sensor: string;
  site: string;
  room: string;
  timestamp: string;
  temperature_c: number;
  humidity_pct: number;
  co2_ppm: number;
  battery_v: number;
}

interface Sensor {
  name: string;
  site: string;
  room: string;
  temperature: number;
  /** How far the outdoor season reaches into the room, in °C. */
  season: number;
  co2: number;
}

const SENSORS: readonly Sensor[] = [
  { name: "S-01", site: "Harbour", room: "Meeting room", temperature: 21.5, season: 0.8, co2: 720 },
  { name: "S-02", site: "Harbour", room: "Open office", temperature: 22, season: 1, co2: 640 },
  { name: "S-03", site: "Harbour", room: "Store room", temperature: 18, season: 1.6, co2: 450 },
  { name: "S-04", site: "Riverside", room: "Server room", temperature: 19, season: 0.3, co2: 430 },
  { name: "S-05", site: "Riverside", room: "Open office", temperature: 21.8, season: 1, co2: 660 },
  {
    name: "S-06",
    site: "Riverside",
    room: "Meeting room",
    temperature: 21.2,
    season: 0.8,
    co2: 700,
  },
  { name: "S-07", site: "Hillside", room: "Laboratory", temperature: 20.5, season: 0.5, co2: 520 },
  { name: "S-08", site: "Hillside", room: "Store room", temperature: 17, season: 1.8, co2: 440 },
];

const HOURS = [6, 14, 22] as const;
/** -1 in January, 1 in July. */
const SEASON = [-1, -0.9, -0.5, 0, 0.5, 0.85, 1, 0.9, 0.5, 0, -0.5, -0.9];
const round = (value: number, places: number): number => Number(value.toFixed(places));

const reading = (rng: Random, sensor: Sensor, day: string, hour: number, age: number): Reading => {
  const at = timestamp(day, hour * 60);
  const factor = (column: string): number =>
    plantedFactor(
      "sensors.parquet",
      day.slice(0, 7),
      { site: sensor.site, room: sensor.room },
      column,
    );
  const warm = (SEASON[seasonIndex(day)] ?? 0) * sensor.season + (hour === 14 ? 0.7 : -0.35);
  const since = day.slice(8) >= "08" ? factor("temperature_c") : 1;
  const freak = at === FREAK.reading.at && sensor.name === FREAK.reading.sensor;
  const busy = hour === 14 ? 1.12 : 0.94;
  return {
    sensor: sensor.name,
    site: sensor.site,
    room: sensor.room,
    timestamp: at,
    temperature_c: freak
      ? FREAK.reading.temperature
      : round((sensor.temperature + warm + rng.normal(0, 0.4)) * since, 1),
    humidity_pct: round(46 - 2 * warm + rng.normal(0, 2.5), 1),
    co2_ppm: Math.round(sensor.co2 * busy * factor("co2_ppm") * rng.normal(1, 0.06)),
    battery_v: round(3.6 - 0.55 * age + rng.normal(0, 0.008), 3),
  };
};

const offline = (sensor: Sensor, day: string): boolean => {
  const where = { site: sensor.site, room: sensor.room };
  const planted = plantedFactor("sensors.parquet", day.slice(0, 7), where, "rows") < 1;
  return planted && day.slice(8) >= "10" && day.slice(8) <= "21";
};

/** By time, then sensor. */
export const makeReadings = (): Reading[] => {
  const rng = random("tutti sensors");
  const days = MONTHS.flatMap(daysOf);
  return days.flatMap((day, index) =>
    HOURS.flatMap((hour) =>
      SENSORS.filter((sensor) => !offline(sensor, day)).map((sensor) =>
        reading(rng, sensor, day, hour, index / days.length),
      ),
    ),
  );
};

/** Written by DuckDB on one thread, so that the rows keep their order. */
export const readingsParquet = async (readings: readonly Reading[]): Promise<Uint8Array> => {
  const folder = await mkdtemp(join(tmpdir(), "tutti-examples-"));
  try {
    const from = join(folder, "readings.json");
    const to = join(folder, "sensors.parquet");
    await writeFile(from, JSON.stringify(readings));
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    await connection.run(
      `copy (select * from read_json('${from}', columns = {sensor: 'varchar', site: 'varchar', room: 'varchar',
        timestamp: 'timestamp', temperature_c: 'decimal(5,1)', humidity_pct: 'decimal(5,1)', co2_ppm: 'integer', battery_v: 'decimal(5,3)'}))
       to '${to}' (format parquet, compression zstd)`,
    );
    connection.closeSync();
    instance.closeSync();
    return new Uint8Array(await readFile(to));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
