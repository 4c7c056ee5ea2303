/// One computation on tensors of fixed shapes: what a node of a network becomes when it is to run.
///
/// A kernel is made once for the layouts at hand, states what memory it needs, is bound to that memory, and gives a
/// task that runs any number of times without allocating. Memory belongs to the caller.
package protocol Kernel: AnyObject {
  /// What each input must look like when the task runs; nil for one that the kernel does not read (omitted, or known
  /// when the kernel was made). The caller reorders what lies differently.
  var inputs: [TensorLayout?] { get }
  /// What each output will look like; nil for one that is not made.
  var outputs: [TensorLayout?] { get }
  /// The input whose memory the first output shares, so that nothing needs to run (Reshape); nil for all others.
  var alias: Int? { get }
  /// Inputs whose memory the first output may take if nobody needs them afterwards, in order of preference.
  var overwritableInputs: [Int] { get }
  /// Bytes that live from the forward task until the backward task (statistics, positions of maxima).
  var workspaceByteCount: Int { get }
  /// Bytes that a task may use while it runs, and not longer.
  var scratchByteCount: Int { get }

  /// Binds the kernel to memory.
  ///
  /// - Throws: ``KernelError`` if the library refuses.
  func forward(_ memory: ForwardMemory) throws -> KernelTask
}

/// A kernel that can also carry gradients of a loss from its outputs to its inputs.
package protocol DifferentiableKernel: Kernel {
  /// Inputs that have a gradient; the gradient lies as the input does.
  var differentiableInputs: [Int] { get }
  /// Values of the forward task that the backward task reads.
  var backwardReads: BackwardReads { get }
  var gradientSharing: GradientSharing { get }
  /// The gradient of input 0 may take the place of that of output 0, or the shared gradient may.
  var overwritesOutputGradient: Bool { get }

  /// Binds the kernel to memory. The task overwrites the gradients of those inputs that are wanted.
  func backward(_ memory: BackwardMemory) throws -> KernelTask
}

/// Which gradients of a kernel are one and the same.
package enum GradientSharing: Sendable {
  /// Each input has its own.
  case separate
  /// All inputs have the same, which is written to the first that is wanted.
  case sameForAllInputs
  /// All inputs have the output's: no backward task needs to run.
  case outputGradient
}

/// What a bound kernel does; it allocates nothing.
///
/// - Throws: ``KernelError`` where the numbers themselves are at fault, such as an index out of range.
package typealias KernelTask = () throws -> Void

/// Inputs and outputs by position.
package struct BackwardReads: Sendable, Equatable {
  package var inputs: [Int]
  package var outputs: [Int]

  package init(inputs: [Int] = [], outputs: [Int] = []) {
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// Where a forward task reads and writes; nil where there is nothing, or nobody asks for it.
package struct ForwardMemory {
  package var inputs: [UnsafeMutableRawPointer?]
  package var outputs: [UnsafeMutableRawPointer?]
  package var workspace: UnsafeMutableRawPointer?
  package var scratch: UnsafeMutableRawPointer?

  package init(
    inputs: [UnsafeMutableRawPointer?], outputs: [UnsafeMutableRawPointer?],
    workspace: UnsafeMutableRawPointer? = nil, scratch: UnsafeMutableRawPointer? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.workspace = workspace
    self.scratch = scratch
  }
}

/// Where a backward task reads and writes.
package struct BackwardMemory {
  /// Values of the forward task, as far as ``DifferentiableKernel/backwardReads`` names them.
  package var inputs: [UnsafeMutableRawPointer?]
  package var outputs: [UnsafeMutableRawPointer?]
  /// d loss / d output; nil for an output on which no loss depends.
  package var outputGradients: [UnsafeMutableRawPointer?]
  /// d loss / d input, to be written; nil where it is not wanted.
  package var inputGradients: [UnsafeMutableRawPointer?]
  package var workspace: UnsafeMutableRawPointer?
  package var scratch: UnsafeMutableRawPointer?

  package init(
    inputs: [UnsafeMutableRawPointer?], outputs: [UnsafeMutableRawPointer?],
    outputGradients: [UnsafeMutableRawPointer?], inputGradients: [UnsafeMutableRawPointer?],
    workspace: UnsafeMutableRawPointer? = nil, scratch: UnsafeMutableRawPointer? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.outputGradients = outputGradients
    self.inputGradients = inputGradients
    self.workspace = workspace
    self.scratch = scratch
  }
}

/// A kernel for a network in use, or one whose statistics and dropout are those of training.
package enum KernelMode: Sendable {
  case inference
  case training
}

/// Why a kernel cannot be made, or cannot go on.
package struct KernelError: Error, Equatable {
  package let message: String

  package init(_ message: String) { self.message = message }

  /// As oneDNN's shim words it.
  package var isOutOfMemory: Bool { message.hasSuffix("out of memory") }
}

extension Kernel {
  package var alias: Int? { nil }
  package var overwritableInputs: [Int] { [] }
  package var workspaceByteCount: Int { 0 }
  package var scratchByteCount: Int { 0 }
}

extension DifferentiableKernel {
  package var gradientSharing: GradientSharing { alias == nil ? .separate : .outputGradient }
  package var overwritesOutputGradient: Bool { false }
}
