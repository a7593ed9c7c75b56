"""The function that runs a program over lanes.

It brings inputs into rows, calls the program for a vector of lanes at a time, and takes the results away. Sums over lanes: each has eight
accumulators, that for a lane by its number mod 8, for leaves of 1,024 lanes. What the last vector has added for lanes that are not there is
undone.
"""

from autograd.program.sumtree import LEAF

ACCUMULATORS = 8

# Of a job: what is called; rows of values, cotangents, seeds and masks; uniform values; accumulators, and room for as many; what is loaded
# and stored, three words each (where it is said where the array is, the number within a lane, the row); the sums of leaves; how many of
# these there are; and the number of lanes. Three words say where an array is: its address, and the bytes from lane to lane and from number
# to number.
FIELDS = ("call", "v", "g", "s", "m", "u", "a", "loads", "stores", "sums", "nloads", "nstores", "nsums", "lanes")
COUNTS = ("nloads", "nstores", "nsums", "lanes")


def driver(width: int) -> str:
    """`drive(job, first, end)`: lanes `first` to before `end`, of which `first` is a multiple of the width."""
    vector = f"<{width} x double>"
    fields = "\n".join(
        f"  %{name}.at = getelementptr i64, ptr %job, i64 {k}\n  %{name} = load {'i64' if name in COUNTS else 'ptr'}, ptr %{name}.at"
        for k, name in enumerate(FIELDS)
    )
    return f"""\
define void @drive(ptr %job, i64 %first, i64 %end) nounwind {{
entry:
{fields}
  %size = mul i64 %nsums, {ACCUMULATORS}
  %kept = getelementptr double, ptr %a, i64 %size
  br label %lane.head

lane.head:
  %lane = phi i64 [ %first, %entry ], [ %lane.next, %lane.done ]
  %more = icmp ult i64 %lane, %end
  br i1 %more, label %lane.begin, label %done

lane.begin:
  %in.leaf = and i64 %lane, {LEAF - 1}
  %is.leaf = icmp eq i64 %in.leaf, 0
  br i1 %is.leaf, label %clear.head, label %mask
clear.head:
  %c = phi i64 [ 0, %lane.begin ], [ %c.next, %clear.body ]
  %c.more = icmp ult i64 %c, %size
  br i1 %c.more, label %clear.body, label %mask
clear.body:
  %c.at = getelementptr double, ptr %a, i64 %c
  store double -0.0, ptr %c.at
  %c.next = add i64 %c, 1
  br label %clear.head

mask:
  %left = sub i64 %lanes, %lane
  %whole = icmp uge i64 %left, {width}
  %last = sub i64 %left, 1
  br label %load.head

load.head:
  %i = phi i64 [ 0, %mask ], [ %i.next, %load.done ]
  %i.more = icmp ult i64 %i, %nloads
  br i1 %i.more, label %load.begin, label %run
load.begin:
{_place("i", "loads")}
  br i1 %i.vector, label %load.vector, label %load.one
load.vector:
  %i.all = load {vector}, ptr %i.place, align 8
  store {vector} %i.all, ptr %i.row, align 8
  br label %load.done
load.one:
  %j = phi i64 [ 0, %load.begin ], [ %j.next, %load.one ]
  %j.in = icmp ult i64 %j, %last
  %j.lane = select i1 %j.in, i64 %j, i64 %last
  %j.offset = mul i64 %j.lane, %i.stride
  %j.from = getelementptr i8, ptr %i.place, i64 %j.offset
  %j.x = load double, ptr %j.from
  %j.to = getelementptr double, ptr %i.row, i64 %j
  store double %j.x, ptr %j.to
  %j.next = add i64 %j, 1
  %j.more = icmp ult i64 %j.next, {width}
  br i1 %j.more, label %load.one, label %load.done
load.done:
  %i.next = add i64 %i, 1
  br label %load.head

run:
  %part = and i64 %lane, {ACCUMULATORS - 1}
  %a.part = getelementptr double, ptr %a, i64 %part
  br i1 %whole, label %call.all, label %keep.head

keep.head:
  %q = phi i64 [ 0, %run ], [ %q.next, %keep.body ]
  %q.more = icmp ult i64 %q, %size
  br i1 %q.more, label %keep.body, label %call.all
keep.body:
  %q.from = getelementptr double, ptr %a, i64 %q
  %q.x = load double, ptr %q.from
  %q.to = getelementptr double, ptr %kept, i64 %q
  store double %q.x, ptr %q.to
  %q.next = add i64 %q, 1
  br label %keep.head

call.all:
  call void %call(ptr %v, ptr %g, ptr %s, ptr %m, ptr %u, ptr %a.part)
  br i1 %whole, label %store.head, label %undo.head

undo.head:
  %r = phi i64 [ 0, %call.all ], [ %r.next, %undo.done ]
  %r.more = icmp ult i64 %r, %size
  br i1 %r.more, label %undo.body, label %store.head
undo.body:
  %r.lane = and i64 %r, {ACCUMULATORS - 1}
  %r.own = sub i64 %r.lane, %part
  %r.there = icmp ult i64 %r.own, %left
  br i1 %r.there, label %undo.done, label %undo.one
undo.one:
  %r.from = getelementptr double, ptr %kept, i64 %r
  %r.x = load double, ptr %r.from
  %r.to = getelementptr double, ptr %a, i64 %r
  store double %r.x, ptr %r.to
  br label %undo.done
undo.done:
  %r.next = add i64 %r, 1
  br label %undo.head

store.head:
  %o = phi i64 [ 0, %call.all ], [ 0, %undo.head ], [ %o.next, %store.done ]
  %o.more = icmp ult i64 %o, %nstores
  br i1 %o.more, label %store.begin, label %lane.end
store.begin:
{_place("o", "stores")}
  br i1 %o.vector, label %store.vector, label %store.one
store.vector:
  %o.all = load {vector}, ptr %o.row, align 8
  store {vector} %o.all, ptr %o.place, align 8
  br label %store.done
store.one:
  %l = phi i64 [ 0, %store.begin ], [ %l.next, %store.one ]
  %l.from = getelementptr double, ptr %o.row, i64 %l
  %l.x = load double, ptr %l.from
  %l.offset = mul i64 %l, %o.stride
  %l.to = getelementptr i8, ptr %o.place, i64 %l.offset
  store double %l.x, ptr %l.to
  %l.next = add i64 %l, 1
  %l.in = icmp ult i64 %l.next, {width}
  %l.there = icmp ult i64 %l.next, %left
  %l.more = and i1 %l.in, %l.there
  br i1 %l.more, label %store.one, label %store.done
store.done:
  %o.next = add i64 %o, 1
  br label %store.head

lane.end:
  %lane.next = add i64 %lane, {width}
  %next.in = and i64 %lane.next, {LEAF - 1}
  %full = icmp eq i64 %next.in, 0
  %all = icmp uge i64 %lane.next, %lanes
  %fold = or i1 %full, %all
  br i1 %fold, label %fold.head, label %lane.done
fold.head:
  %f = phi i64 [ 0, %lane.end ], [ %f.next, %fold.body ]
  %f.more = icmp ult i64 %f, %nsums
  br i1 %f.more, label %fold.body, label %lane.done
fold.body:
  %f.first = mul i64 %f, {ACCUMULATORS}
  %f.at = getelementptr double, ptr %a, i64 %f.first
{_fold()}
  %leaf = lshr i64 %lane, {LEAF.bit_length() - 1}
  %f.row = mul i64 %leaf, %nsums
  %f.index = add i64 %f.row, %f
  %f.to = getelementptr double, ptr %sums, i64 %f.index
  store double %x0.3, ptr %f.to
  %f.next = add i64 %f, 1
  br label %fold.head

lane.done:
  br label %lane.head

done:
  ret void
}}
"""


def _place(k: str, table: str) -> str:
    """Where number k of a table is for this lane: %k.place, %k.stride, %k.row, and whether a vector lies there in a row: %k.vector."""
    return f"""\
  %{k}.word = mul i64 %{k}, 3
  %{k}.at = getelementptr i64, ptr %{table}, i64 %{k}.word
  %{k}.array = load ptr, ptr %{k}.at
  %{k}.at1 = getelementptr i64, ptr %{k}.at, i64 1
  %{k}.number = load i64, ptr %{k}.at1
  %{k}.at2 = getelementptr i64, ptr %{k}.at, i64 2
  %{k}.row = load ptr, ptr %{k}.at2
  %{k}.base = load ptr, ptr %{k}.array
  %{k}.at3 = getelementptr i64, ptr %{k}.array, i64 1
  %{k}.stride = load i64, ptr %{k}.at3
  %{k}.at4 = getelementptr i64, ptr %{k}.array, i64 2
  %{k}.apart = load i64, ptr %{k}.at4
  %{k}.inner = mul i64 %{k}.number, %{k}.apart
  %{k}.first = getelementptr i8, ptr %{k}.base, i64 %{k}.inner
  %{k}.offset = mul i64 %lane, %{k}.stride
  %{k}.place = getelementptr i8, ptr %{k}.first, i64 %{k}.offset
  %{k}.close = icmp eq i64 %{k}.stride, 8
  %{k}.vector = and i1 %{k}.close, %whole"""


def _fold() -> str:
    """The sum of the eight accumulators, in pairs: %x0.3."""
    lines = []
    for k in range(ACCUMULATORS):
        lines += [f"  %f.at{k} = getelementptr double, ptr %f.at, i64 {k}", f"  %x{k}.0 = load double, ptr %f.at{k}"]
    for level in range(1, 4):
        step = 1 << level
        lines += [f"  %x{k}.{level} = fadd double %x{k}.{level - 1}, %x{k + step // 2}.{level - 1}" for k in range(0, ACCUMULATORS, step)]
    return "\n".join(lines)
