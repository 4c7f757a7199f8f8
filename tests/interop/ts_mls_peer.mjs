// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The other side of the interop histories: ts-mls behind the same lines of JSON as peer.c. The
// commands and their fields are in DESIGN.md, and what of ts-mls is worked around here.
import { createInterface } from "node:readline"
import { webcrypto } from "node:crypto"

globalThis.crypto ??= webcrypto // Debian 12's node 18 has it only under another name

const mls = await import("ts-mls")
const { createGroupInfo } = await import("ts-mls/createCommit.js")
const { encode } = await import("ts-mls/codec/tlsEncoder.js")
const { ratchetTreeEncoder, decodeRatchetTree } = await import("ts-mls/ratchetTree.js")
const { groupContextEncoder } = await import("ts-mls/groupContext.js")
const { leafNodeTBSEncoder } = await import("ts-mls/leafNode.js")
const { signWithLabel } = await import("ts-mls/crypto/signature.js")
const { p256, p384, p521 } = await import("@noble/curves/nist.js")
const { defaultClientConfig } = await import("ts-mls/clientConfig.js")

const EXTENSION = 0xf0c1
const members = new Map()
const psks = {} // by base64 of the id
const impls = new Map()

const hex = (bytes) => Buffer.from(bytes).toString("hex")
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"))

async function implementation(id) {
  if (!impls.has(id)) {
    const name = Object.keys(mls.ciphersuites).find((key) => mls.ciphersuites[key] === id)
    impls.set(id, await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(name)))
  }
  return impls.get(id)
}

function decode(text) {
  const bytes = unhex(text)
  const decoded = mls.decodeMlsMessage(bytes, 0)
  if (decoded === undefined || decoded[1] !== bytes.length) throw new Error("cannot be decoded")
  return decoded[0]
}

const message = (wireformat, rest) =>
  hex(mls.encodeMlsMessage({ version: "mls10", wireformat, ...rest }))

function readTree(text) {
  const bytes = unhex(text)
  const decoded = decodeRatchetTree(bytes, 0)
  if (decoded === undefined || decoded[1] !== bytes.length) throw new Error("no tree")
  return decoded[0]
}

const readExtensions = (list) =>
  (list ?? []).map(({ type, data }) => ({ extensionType: type, extensionData: unhex(data) }))

// Resumption PSKs of the group itself, and the external ones.
const pskIndex = (state) => mls.makePskIndex(state, psks)

// RFC 9420, 12.4.3.2: ExternalPub is a struct with an HPKEPublicKey, opaque<V>. ts-mls 1.6.4 writes
// and reads the bare key, so the header is put on and taken off here.
const keyHeader = (key) => (key.length < 64 ? [key.length] : [0x40 | (key.length >> 8), key.length & 255])
const wrapKey = (key) => new Uint8Array([...keyHeader(key), ...key])
function unwrapKey(data) {
  const header = (data[0] & 0xc0) === 0 ? 1 : 2
  const length = header === 1 ? data[0] : ((data[0] & 0x3f) << 8) | data[1]
  if (data.length !== header + length) throw new Error("external_pub is malformed")
  return data.slice(header)
}

async function groupInfo(member, withTree) {
  const { state, cs } = member
  const pair = await cs.hpke.deriveKeyPair(state.keySchedule.externalSecret)
  const key = await cs.hpke.exportPublicKey(pair.publicKey)
  const extensions = [{ extensionType: "external_pub", extensionData: wrapKey(key) }]
  const tree = encode(ratchetTreeEncoder)(state.ratchetTree)
  if (withTree) extensions.push({ extensionType: "ratchet_tree", extensionData: tree })
  const info = await createGroupInfo(state.groupContext, state.confirmationTag, state, extensions, cs)
  return { group_info: message("mls_group_info", { groupInfo: info }), tree: hex(tree) }
}

// A suite whose importPublicKey takes the external_pub with its header.
function forExternalJoin(cs, externalPub) {
  const hpke = Object.create(cs.hpke)
  hpke.importPublicKey = (key) =>
    cs.hpke.importPublicKey(key === externalPub ? unwrapKey(key) : key)
  return { ...cs, hpke }
}

// RFC 9420, 5.1.1: ECDSA public keys are UncompressedPointRepresentation. ts-mls 1.6.4 verifies with
// those and generates compressed ones.
const CURVES = { 33: p256, 49: p384, 67: p521 } // by the length of a compressed key
async function newSignatureKey(cs) {
  const pair = await cs.signature.keygen()
  const curve = CURVES[pair.publicKey.length]
  if (curve === undefined) return pair
  return { ...pair, publicKey: curve.Point.fromBytes(pair.publicKey).toBytes(false) }
}

async function newKeyPackage(member) {
  const capabilities = mls.defaultCapabilities()
  capabilities.extensions = [...capabilities.extensions, EXTENSION]
  const credential = { credentialType: "basic", identity: new TextEncoder().encode(member.identity) }
  member.package = await mls.generateKeyPackageWithKey(
    credential, capabilities, mls.defaultLifetime, [], member.signature, member.cs)
}

// ---- proposals ----

// ts-mls makes no Update proposals: the leaf is built here, its key kept until the commit.
async function updateProposal(member) {
  const { state, cs } = member
  const leafIndex = state.privatePath.leafIndex
  const present = state.ratchetTree[2 * leafIndex].leaf
  const pair = await cs.hpke.generateKeyPair()
  const tbs = {
    leafNodeSource: "update",
    hpkePublicKey: await cs.hpke.exportPublicKey(pair.publicKey),
    signaturePublicKey: present.signaturePublicKey,
    credential: present.credential,
    capabilities: present.capabilities,
    extensions: present.extensions,
    groupId: state.groupContext.groupId,
    leafIndex,
  }
  const bytes = encode(leafNodeTBSEncoder)(tbs)
  const signature = await signWithLabel(state.signaturePrivateKey, "LeafNodeTBS", bytes, cs.signature)
  member.updateKey = await cs.hpke.exportPrivateKey(pair.privateKey)
  const { groupId: _group, leafIndex: _leaf, ...leaf } = tbs
  return { proposalType: "update", update: { leafNode: { ...leaf, signature } } }
}

function pskProposal(member, id) {
  const pskNonce = member.cs.rng.randomBytes(member.cs.kdf.size)
  return { proposalType: "psk", psk: { preSharedKeyId: { ...id, pskNonce } } }
}

const proposers = {
  add: (_member, { key_package }) =>
    ({ proposalType: "add", add: { keyPackage: decode(key_package).keyPackage } }),
  remove: (_member, { leaf }) => ({ proposalType: "remove", remove: { removed: leaf } }),
  update: (member) => updateProposal(member),
  psk: (member, { id }) => pskProposal(member, { psktype: "external", pskId: unhex(id) }),
  resumption: (member, { epoch }) =>
    pskProposal(member, {
      psktype: "resumption",
      usage: "application",
      pskGroupId: member.state.groupContext.groupId,
      pskEpoch: BigInt(epoch),
    }),
  extensions: (_member, { extensions }) => ({
    proposalType: "group_context_extensions",
    groupContextExtensions: { extensions: readExtensions(extensions) },
  }),
  reinit: async (_member, { group_id, suite, extensions }) => ({
    proposalType: "reinit",
    reinit: {
      groupId: unhex(group_id),
      version: "mls10",
      cipherSuite: (await implementation(suite)).name,
      extensions: readExtensions(extensions),
    },
  }),
}

async function readProposals(member, list) {
  const proposals = []
  for (const item of list ?? []) proposals.push(await proposers[item.kind](member, item))
  return proposals
}

// ---- commands ----

const commands = {
  async key_package(member, { identity, suite }) {
    member.cs ??= await implementation(suite)
    member.identity ??= identity
    member.signature ??= await newSignatureKey(member.cs)
    await newKeyPackage(member)
    return { key_package: message("mls_key_package", { keyPackage: member.package.publicPackage }) }
  },

  async psk(_member, { id, value }) {
    psks[mls.bytesToBase64(unhex(id))] = unhex(value)
    return {}
  },

  async create(member, { group_id, extensions }) {
    const { publicPackage, privatePackage } = member.package
    member.state = await mls.createGroup(
      unhex(group_id), publicPackage, privatePackage, readExtensions(extensions), member.cs)
    return {}
  },

  async join(member, { welcome, tree, from, usage }) {
    const { publicPackage, privatePackage } = member.package
    const opened = decode(welcome).welcome
    const given = tree == null ? undefined : readTree(tree)
    if (from == null) {
      member.state = await mls.joinGroup(
        opened, publicPackage, privatePackage, pskIndex(undefined), member.cs, given)
    } else {
      const join = usage === "reinit" ? mls.joinGroupFromReinit : mls.joinGroupFromBranch
      const last = usage === "reinit" ? undefined : member.cs
      member.state = await join(
        members.get(from).state, opened, publicPackage, privatePackage, given, last)
    }
    return {}
  },

  async external_join(member, { group_info, tree, resync }) {
    if (resync) await newKeyPackage(member)
    const { publicPackage, privatePackage } = member.package
    const info = decode(group_info).groupInfo
    const external = info.extensions.find((e) => e.extensionType === "external_pub")
    const cs = forExternalJoin(member.cs, external?.extensionData)
    const given = tree == null ? undefined : readTree(tree)
    const joined = await mls.joinGroupExternal(
      info, publicPackage, privatePackage, resync === true, cs, given)
    member.state = joined.newState
    return { commit: message("mls_public_message", { publicMessage: joined.publicMessage }) }
  },

  // reinitCreateNewGroup and branchGroup leave the tree out of the Welcome, which is allowed: it
  // goes beside it.
  async continue(member, { from, usage, group_id, packages }) {
    const { publicPackage, privatePackage } = member.package
    const old = members.get(from).state
    const others = packages.map(({ key_package }) => decode(key_package).keyPackage)
    let created
    if (usage === "reinit") {
      const { groupId, cipherSuite, extensions } = old.groupActiveState.reinit
      created = await mls.reinitCreateNewGroup(
        old, publicPackage, privatePackage, others, groupId, cipherSuite, extensions)
    } else {
      created = await mls.branchGroup(
        old, publicPackage, privatePackage, others, unhex(group_id), member.cs)
    }
    member.state = created.newState
    return {
      welcome: message("mls_welcome", { welcome: created.welcome }),
      tree: hex(encode(ratchetTreeEncoder)(member.state.ratchetTree)),
    }
  },

  async propose(member, { proposal, private: isPrivate }) {
    const [made] = await readProposals(member, [proposal])
    const sent = await mls.createProposal(member.state, !isPrivate, made, member.cs)
    member.state = sent.newState
    return { message: hex(mls.encodeMlsMessage(sent.message)) }
  },

  // ts-mls cannot be asked for a path: it has one where it must.
  async commit(member, { proposals, private: isPrivate, tree_in_welcome }) {
    const context = { state: member.state, pskIndex: pskIndex(member.state), cipherSuite: member.cs }
    const made = await mls.createCommit(context, {
      extraProposals: await readProposals(member, proposals),
      wireAsPublicMessage: !isPrivate,
      ratchetTreeExtension: tree_in_welcome === true,
    })
    member.pending = made.newState
    return {
      commit: hex(mls.encodeMlsMessage(made.commit)),
      welcome: made.welcome === undefined ? "" : message("mls_welcome", { welcome: made.welcome }),
    }
  },

  async apply(member) {
    if (member.pending === undefined) throw new Error("nothing is pending")
    member.state = member.pending
    delete member.pending
    delete member.updateKey
    return {}
  },

  async clear(member) {
    delete member.pending
    return {}
  },

  async receive(member, { message: text }) {
    const incoming = decode(text)
    const { state, cs } = member
    let kind
    // An Update of ours in the commit: its key is needed before the path is opened.
    const look = (event) => {
      kind = event.kind
      const own = state.privatePath.leafIndex
      if (event.kind === "commit" && member.updateKey !== undefined &&
          event.proposals.some((p) => p.proposal.proposalType === "update" && p.senderLeafIndex === own))
        state.privatePath.privateKeys[2 * own] = member.updateKey
      return "accept"
    }
    const process =
      incoming.wireformat === "mls_public_message"
        ? mls.processPublicMessage(state, incoming.publicMessage, pskIndex(state), cs, look)
        : mls.processPrivateMessage(state, incoming.privateMessage, pskIndex(state), cs, look)
    const result = await process
    member.state = result.newState
    if (result.kind === "applicationMessage") return { kind: "application", text: hex(result.message) }
    if (kind === "commit") {
      delete member.updateKey
      delete member.pending
      if (member.state.groupActiveState.kind === "removedFromGroup") kind = "removed"
    }
    return { kind }
  },

  async send(member, { text }) {
    const sent = await mls.createApplicationMessage(member.state, unhex(text), member.cs)
    member.state = sent.newState
    return { message: message("mls_private_message", { privateMessage: sent.privateMessage }) }
  },

  async state(member) {
    const { state, cs } = member
    const exported = await mls.mlsExporter(
      state.keySchedule.exporterSecret, "interop", new TextEncoder().encode("context"), 32, cs)
    return {
      epoch: Number(state.groupContext.epoch),
      leaf: state.privatePath.leafIndex,
      context: hex(encode(groupContextEncoder)(state.groupContext)),
      tree_hash: hex(state.groupContext.treeHash),
      authenticator: hex(state.keySchedule.epochAuthenticator),
      exported: hex(exported),
    }
  },

  group_info: (member, { with_tree }) => groupInfo(member, with_tree),

  async find({ state }, { identity }) {
    const bytes = hex(new TextEncoder().encode(identity))
    const node = state.ratchetTree.findIndex(
      (n) => n?.nodeType === "leaf" && hex(n.leaf.credential.identity) === bytes)
    if (node < 0) throw new Error("no such leaf")
    return { leaf: node / 2 }
  },

  async restart(member) {
    const bytes = mls.encodeGroupState(member.state)
    const decoded = mls.decodeGroupState(bytes, 0)
    if (decoded === undefined) throw new Error("the stored group cannot be read")
    member.state = { ...decoded[0], clientConfig: defaultClientConfig }
    return {}
  },

  async forget(_member, { member: name }) {
    members.delete(name)
    return {}
  },
}

async function answer(line) {
  try {
    const request = JSON.parse(line)
    if (request.member !== undefined && !members.has(request.member)) members.set(request.member, {})
    return await commands[request.do](members.get(request.member), request)
  } catch (error) {
    return { error: `${error?.name}: ${error?.message}`, stack: error?.stack }
  }
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(JSON.stringify(await answer(line)) + "\n")
