// A TCP proxy before the database that can stop to pass bytes, as a network does that is cut.
import { connect, createServer, type Socket } from "node:net";

export interface Partition {
  readonly port: number;
  /** From now on nothing passes, and nobody is told. */
  cut(): void;
  /** Connections of the time before are reset; new ones pass. */
  heal(): void;
  close(): void;
}

export const openPartition = async (target: { host: string; port: number }): Promise<Partition> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket, other: () => Socket | undefined): void => {
    sockets.add(socket);
    if (isCut) socket.pause();
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      // In a cut network the other side does not learn that this one is gone.
      if (!isCut) other()?.destroy();
    });
  };
  const server = createServer((near) => {
    let far: Socket | undefined;
    keep(near, () => far);
    if (isCut) return;
    far = connect(target.port, target.host);
    keep(far, () => near);
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    cut() {
      isCut = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    heal() {
      isCut = false;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};
