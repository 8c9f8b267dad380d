import { prisma } from "@/lib/prisma";
import { requireAdmin } from "@/lib/auth";

export async function POST(request: Request, { params }: { params: { id: string } }) {
  await requireAdmin(request);
  const id = Number(params.id);
  await prisma.conversation.update({ where: { id }, data: { deletedAt: new Date() } });
  return Response.json({ ok: true });
}
